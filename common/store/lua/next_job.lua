-- The oldest job that has not ended: {id, its fields}, or nil. KEYS[1] the jobs; ARGV[1] prefix.
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local fields = redis.call('HGETALL', ARGV[1] .. 'job:' .. id)
  if #fields > 0 then return {id, fields} end
  redis.call('ZREM', KEYS[1], id)
end
return false
