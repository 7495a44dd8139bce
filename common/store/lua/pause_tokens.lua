-- Nobody draws from this bucket for a while; a longer pause stays. KEYS[1] the bucket; ARGV: ms,
-- life of the key in s.
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local paused = tonumber(redis.call('HGET', KEYS[1], 'p') or 0)
redis.call('HSET', KEYS[1], 'p', string.format('%.0f', math.max(paused, now + tonumber(ARGV[1]))))
redis.call('EXPIRE', KEYS[1], ARGV[2])
return 'OK'
