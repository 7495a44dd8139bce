-- Appends a webhook's events unless its identifier was seen. Runs for every webhook: kept lean.
-- KEYS: connection, lease, events, counters, seen windows (this one first)
-- ARGV: digest of the identifier, high water, now in ms, life of a window in s, the connection's
--       generation that the webhook was judged by ('0': any), events ...
-- Answers {1 stored | 0 duplicate | -1 full | -2 no connection | -3 another generation, lease}.
local call = redis.call
if ARGV[5] == '0' then
  if call('EXISTS', KEYS[1]) == 0 then return {-2, ''} end
else
  local generation = call('HGET', KEYS[1], 'generation')
  if not generation then return {-2, ''} end
  if generation ~= ARGV[5] then return {-3, ''} end
end
for i = 5, #KEYS do
  if call('HEXISTS', KEYS[i], ARGV[1]) == 1 then return {0, ''} end
end
if call('XLEN', KEYS[3]) >= tonumber(ARGV[2]) then return {-1, ''} end
call('HSET', KEYS[5], ARGV[1], '')
call('EXPIRE', KEYS[5], ARGV[4])
for i = 6, #ARGV do
  call('XADD', KEYS[3], '*', 'e', ARGV[i])
end
call('HSET', KEYS[4], 'last_webhook_ms', ARGV[3])
return {1, call('GET', KEYS[2]) or ''}
