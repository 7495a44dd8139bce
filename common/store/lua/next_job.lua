-- The oldest job that has not ended, full syncs last: {id, its fields}, or nil. KEYS[1] the jobs; ARGV[1] prefix.
local full = false
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local fields = redis.call('HGETALL', ARGV[1] .. 'job:' .. id)
  if #fields == 0 then
    redis.call('ZREM', KEYS[1], id)
  elseif redis.call('HGET', ARGV[1] .. 'job:' .. id, 'type') ~= 'full' then
    return {id, fields}
  else
    full = full or {id, fields}
  end
end
return full
