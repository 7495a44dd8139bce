-- A queued job ends at once, a running one is asked to, an ended one stays as it is.
-- KEYS: jobs, the job's hash. ARGV: id, now in ms, life of an ended job in s. Answers its fields.
local call = redis.call
local state = call('HGET', KEYS[2], 'state')
if state == 'queued' then
  call('HSET', KEYS[2], 'state', 'cancelled', 'cancel', '1', 'ended_ms', ARGV[2])
  call('EXPIRE', KEYS[2], ARGV[3])
  call('ZREM', KEYS[1], ARGV[1])
elseif state == 'running' then
  call('HSET', KEYS[2], 'cancel', '1')
end
return call('HGETALL', KEYS[2])
