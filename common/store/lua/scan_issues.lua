-- A page of issue records: {next cursor, {id, record, ...}}. Only reads.
-- KEYS[1] the buckets; ARGV: prefix, cursor
local page = redis.call('SSCAN', KEYS[1], ARGV[2], 'COUNT', 10)
local out = {}
for _, bucket in ipairs(page[2]) do
  for _, value in ipairs(redis.call('HGETALL', ARGV[1] .. bucket)) do out[#out + 1] = value end
end
return {page[1], out}
