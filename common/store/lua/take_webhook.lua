-- Appends the events of webhooks unless their identifiers were seen. Runs for every webhook: kept lean.
-- KEYS: connection, lease, the stream (events or people), counters, 'taken:' of the connection
-- ARGV: high water, now in ms, hours of a window, life of its sets in s, the connection's generation that the
--       webhooks were judged by ('0': any), '1' to note the time of these webhooks; for each webhook: its bucket,
--       its number in it, number of its events, events ...
-- Answers {lease, for each webhook: 1 stored | 0 duplicate | -1 full}, or {-2} where there is no such
-- connection and {-3} where it has another generation.
-- The connection's `taken` says how a window's identifiers are spread: '<window> <sets> <sets of the one before>',
-- sets a power of two. It is settled with the window's first webhook, by how many the window before had: a set of up
-- to 512 numbers takes 8 bytes for each, a larger one eight times that, and each set some 150.
local call = redis.call
local known = call('HMGET', KEYS[1], 'generation', 'taken')
if not known[1] then return {-2} end
if ARGV[5] ~= '0' and ARGV[5] ~= known[1] then return {-3} end

local hours = tonumber(ARGV[3])
local window = math.floor(ARGV[2] / 3600000)
window = window - window % hours
local settled, sets, before = string.match(known[2] or '', '^(%d+) (%d+) (%d+)$')
settled, sets, before = tonumber(settled) or -hours, tonumber(sets) or 1, tonumber(before) or 1
local function set_of(begin, count, bucket)
  local name = KEYS[5] .. begin
  if count == 1 then return name end
  return name .. ':' .. bucket % count
end
local begins = settled ~= window and settled ~= window + hours  -- another's clock may be ahead of ours
if begins then
  before = settled == window - hours and sets or 1
  local had = before * call('SCARD', set_of(window - hours, before, 0))
  sets = 1
  while had > 256 * sets and sets < 1024 do sets = 2 * sets end
else
  window = settled
end

local answer = {call('GET', KEYS[2]) or ''}
local room = tonumber(ARGV[1]) - call('XLEN', KEYS[3])
local any = false
local at = 7
while at <= #ARGV do
  local bucket, number, last = ARGV[at], ARGV[at + 1], at + 2 + tonumber(ARGV[at + 2])
  local outcome = 0
  if call('SISMEMBER', set_of(window - hours, before, bucket), number) == 0 then
    local set = set_of(window, sets, bucket)
    if room <= 0 then
      outcome = call('SISMEMBER', set, number) - 1
    elseif call('SADD', set, number) == 1 then
      if (begins or sets > 1) and call('SCARD', set) == 1 then call('EXPIRE', set, ARGV[4]) end
      if begins and not any then
        call('HSET', KEYS[1], 'taken', string.format('%d %d %d', window, sets, before))
      end
      for i = at + 3, last do
        call('XADD', KEYS[3], '*', 'e', ARGV[i])
        room = room - 1
      end
      outcome = 1
      any = true
    end
  end
  answer[#answer + 1] = outcome
  at = last + 1
end
if any and ARGV[6] == '1' then call('HSET', KEYS[4], 'last_webhook_ms', ARGV[2]) end
return answer
