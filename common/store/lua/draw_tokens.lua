-- Draws from a shared token bucket, by Redis' clock. KEYS[1] its hash: t tokens, u filled until (ms),
-- p paused until (ms), r the server's own rate with re its expiry (ms).
-- ARGV: rate a second, burst, tokens needed, tokens wanted if there are plenty, life of the key in s.
-- Answers {thousandths drawn, ms to wait}: all that is needed, or nothing.
local call = redis.call
local time = call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local rate, burst, need, want = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local b = call('HMGET', KEYS[1], 't', 'u', 'p', 'r', 're')
local paused = tonumber(b[3] or 0)
if now < paused then return {0, math.ceil(paused - now)} end
if b[4] and now < tonumber(b[5]) then rate = math.min(rate, tonumber(b[4])) end
local tokens = burst
if b[1] then
  -- Nothing accrues during a pause.
  local since = math.max(tonumber(b[2]), paused)
  tokens = math.min(burst, tonumber(b[1]) + math.max(0, now - since) * rate / 1000)
end
local drawn = 0
if tokens >= want then drawn = want elseif tokens >= need then drawn = need end
tokens = tokens - drawn
call('HSET', KEYS[1], 't', string.format('%.6f', tokens), 'u', string.format('%.3f', now))
call('EXPIRE', KEYS[1], ARGV[5])
if drawn > 0 then return {math.floor(drawn * 1000 + 0.5), 0} end
if rate <= 0 then return {0, 1000} end
return {0, math.ceil((need - tokens) * 1000 / rate)}
