-- Notes that a webhook for the connection wasn't authentic.
-- KEYS: connection, counters. ARGV: the connection's generation that judged it, when in ms, why.
-- Answers 1, or 0 where the connection is gone or of another generation: nothing is noted then.
local call = redis.call
if call('HGET', KEYS[1], 'generation') ~= ARGV[1] then return 0 end
call('HSET', KEYS[2], 'last_refused_ms', ARGV[2], 'last_refused_why', ARGV[3])
return 1
