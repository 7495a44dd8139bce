-- Appends the events of webhooks unless their identifiers were seen. Runs for every webhook: kept lean.
-- KEYS: connection, lease, the stream (events or people), counters; for each webhook: the set of those
--       taken in this window that it belongs to, the same of the window before
-- ARGV: high water, now in ms, life of a window in s, the connection's generation that the webhooks
--       were judged by ('0': any), '1' to note the time of these webhooks; for each webhook: its
--       number in these sets, number of its events, events ...
-- Answers {lease, for each webhook: 1 stored | 0 duplicate | -1 full}, or {-2} where there is no such
-- connection and {-3} where it has another generation.
local call = redis.call
if ARGV[4] == '0' then
  if call('EXISTS', KEYS[1]) == 0 then return {-2} end
else
  local generation = call('HGET', KEYS[1], 'generation')
  if not generation then return {-2} end
  if generation ~= ARGV[4] then return {-3} end
end
local answer = {call('GET', KEYS[2]) or ''}
local room = tonumber(ARGV[1]) - call('XLEN', KEYS[3])
local any = false
local window, at = 5, 6
while at <= #ARGV do
  local mark, last = ARGV[at], at + 1 + tonumber(ARGV[at + 1])
  local outcome = 0
  if call('SISMEMBER', KEYS[window + 1], mark) == 0 then
    if room <= 0 then
      outcome = call('SISMEMBER', KEYS[window], mark) - 1
    elseif call('SADD', KEYS[window], mark) == 1 then
      if call('SCARD', KEYS[window]) == 1 then call('EXPIRE', KEYS[window], ARGV[3]) end
      for i = at + 2, last do
        call('XADD', KEYS[3], '*', 'e', ARGV[i])
        room = room - 1
      end
      outcome = 1
      any = true
    end
  end
  answer[#answer + 1] = outcome
  window = window + 2
  at = last + 1
end
if any and ARGV[5] == '1' then call('HSET', KEYS[4], 'last_webhook_ms', ARGV[2]) end
return answer
