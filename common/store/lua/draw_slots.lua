-- Reserves the next slots of something that may happen so many times a second, by Redis' clock.
-- KEYS[1] its hash: n when the next slot begins (us), p paused until (ms).
-- ARGV: time between slots (us), slots wanted (0: only asks for the pause), how far back unused slots are
-- still good (us), how far ahead slots are given (us), life of the key (s).
-- Answers {slots, when the first begins (us), now (us), how long the pause lasts (us)}, or
-- {0, us until it's worth asking, now, pause}.
local call = redis.call
local time = call('TIME')
local now = time[1] * 1000000 + time[2]
local between, want = tonumber(ARGV[1]), tonumber(ARGV[2])
local b = call('HMGET', KEYS[1], 'n', 'p')
local paused = tonumber(b[2] or 0) * 1000
local pause = math.max(0, paused - now)
if want == 0 then return {0, 0, now, pause} end
local first = math.max(tonumber(b[1] or 0), now - tonumber(ARGV[3]), paused)
local early = first - now - tonumber(ARGV[4])
if early > 0 then return {0, math.ceil(early), now, pause} end
call('HSET', KEYS[1], 'n', string.format('%.0f', first + want * between))
call('EXPIRE', KEYS[1], ARGV[5])
return {want, math.floor(first), now, pause}
