-- Queues a job. KEYS[1] the jobs that have not ended: id -> created. ARGV: prefix, id, type,
-- jql, created in ms, then the fields of its hash. Answers the id of the job that is in the way, or ''.
-- Repeating it is harmless. The job's key shares KEYS[1]'s hash tag.
local call = redis.call
local P, id, kind, jql = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
for _, other in ipairs(call('ZRANGE', KEYS[1], 0, -1)) do
  local theirs = call('HMGET', P .. 'job:' .. other, 'type', 'jql')
  if other == id then return '' end
  if not theirs[1] then
    call('ZREM', KEYS[1], other)
  elseif jql == '' and theirs[1] == kind and theirs[2] == '' then
    return other
  end
end
call('HSET', P .. 'job:' .. id, unpack(ARGV, 6))
call('ZADD', KEYS[1], ARGV[5], id)
return ''
