-- The server's word on a bucket: never more than it says. KEYS[1] the bucket, see draw_tokens.lua.
-- ARGV: the server's rate a second (0: not said), remaining, ms until it resets, our rate, burst,
-- life of the key in s.
local call = redis.call
local time = call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local limit, remaining, resets = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local rate, burst = tonumber(ARGV[4]), tonumber(ARGV[5])
local b = call('HMGET', KEYS[1], 't', 'u', 'p')
local paused = tonumber(b[3] or 0)
local tokens = burst
if b[1] then
  local since = math.max(tonumber(b[2]), paused)
  tokens = math.min(burst, tonumber(b[1]) + math.max(0, now - since) * rate / 1000)
end
call('HSET', KEYS[1], 't', string.format('%.6f', math.min(tokens, remaining)), 'u', string.format('%.3f', now))
if limit > 0 then
  call('HSET', KEYS[1], 'r', ARGV[1], 're', string.format('%.0f', now + 3600000))
end
if remaining < 1 and resets > 0 then
  call('HSET', KEYS[1], 'p', string.format('%.0f', math.max(paused, now + resets)))
end
call('EXPIRE', KEYS[1], ARGV[6])
return 'OK'
