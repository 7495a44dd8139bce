-- Draws from the points that an app has each period (at Jira an hour, from its top in UTC), by Redis'
-- clock. KEYS: [1] a hash: h the period, u points given or told, q what Jira says there are, p and
-- s:<site> paused until (ms); [2] of this lane, a zset of the connections that lack points, by what
-- they were given; [3] a hash of when each of these last asked (ms).
-- ARGV: 1 period (ms), 2 points a period, 3 connection, 4 its site, 5 lane (live, backfill), 6 needed,
-- 7 wanted where there are plenty, 8 to add to what was given (negative: unused), 9 in which period,
-- 10 points used as told by Jira (-1: no word), 11 in which period, 12 points a period as told (0: no
-- word), 13 how long a connection keeps its place without asking (ms).
-- Answers {points given, ms until it's worth asking, points left, period}.
local call = redis.call
local time = call('TIME')
local now = math.floor(time[1] * 1000 + time[2] / 1000)
local length = tonumber(ARGV[1])
local period = math.floor(now / length)
local left = (period + 1) * length - now
local kept = call('HMGET', KEYS[1], 'h', 'u', 'q', 'p', 's:' .. ARGV[4])
local used = tonumber(kept[1] or -1) == period and tonumber(kept[2]) or 0
if tonumber(ARGV[9]) == period then used = math.max(0, used + tonumber(ARGV[8])) end
if tonumber(ARGV[11]) == period then used = math.max(used, tonumber(ARGV[10])) end
local quota = tonumber(kept[3] or ARGV[2])
if tonumber(ARGV[12]) > 0 then
  quota = tonumber(ARGV[12])
  call('HSET', KEYS[1], 'q', ARGV[12])
end

local function answer(given, wait)
  call('HSET', KEYS[1], 'h', period, 'u', string.format('%.3f', used))
  call('PEXPIRE', KEYS[1], length * 2 + 60000)
  return {given, math.max(0, math.ceil(wait)), math.floor(quota - used), period}
end

local paused = tonumber(kept[4] or 0)
local site_paused = tonumber(kept[5] or 0)
if site_paused > 0 and site_paused <= now then call('HDEL', KEYS[1], 's:' .. ARGV[4]) end
if math.max(paused, site_paused) > now then return answer(0, math.max(paused, site_paused) - now) end

-- Up to where the lane may use the quota by now. Backfill never runs ahead of the clock by more than
-- its first half minute and leaves a part to live work; live work leaves a quarter of what is still
-- to come. A hundredth stays unused: clocks differ, and calls end in another period than they began.
local fixed, growing
if ARGV[5] == 'backfill' then
  growing = quota * 0.96
  fixed = quota / 120
else
  growing = quota * 0.99 * 0.25
  fixed = quota * 0.99 - growing
end
local ceiling = ARGV[5] == 'backfill' and growing or fixed + growing
local bound = math.min(ceiling, fixed + growing * (length - left) / length)
local need = math.min(tonumber(ARGV[6]), math.ceil(ceiling / 2))
local room = bound - used - need
if room >= quota / 32 then
  local given = math.ceil(math.max(need, math.min(tonumber(ARGV[7]), need + room / 2)))
  used = used + given
  return answer(given, 0)
end

-- They are scarce: whoever was given least goes first.
local stale = now - tonumber(ARGV[13])
local least = nil
while true do
  local head = call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
  if not head[1] then break end
  least = tonumber(head[2])
  if head[1] == ARGV[3] or tonumber(call('HGET', KEYS[3], head[1]) or 0) >= stale then break end
  call('ZREM', KEYS[2], head[1])
  call('HDEL', KEYS[3], head[1])
  least = nil
end
local given_to_us = tonumber(call('ZSCORE', KEYS[2], ARGV[3]) or least or 0)
call('ZADD', KEYS[2], string.format('%.3f', given_to_us), ARGV[3])
call('HSET', KEYS[3], ARGV[3], now)
call('PEXPIRE', KEYS[2], length)
call('PEXPIRE', KEYS[3], length)
if room < 0 then
  if used + need > ceiling then return answer(0, left) end
  return answer(0, -room * length / growing)
end
if least and given_to_us > least + quota / 320 then return answer(0, length / 7200) end
call('ZINCRBY', KEYS[2], need, ARGV[3])
used = used + need
return answer(need, 0)
