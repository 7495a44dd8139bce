-- One call of a quota that holds in any window of its period, counted in slices, by Redis' clock.
-- KEYS[1] its hash: <slice> calls in it, l the last call (ms), p paused until (ms), f calls of others
-- that the server told of, with fu when these are forgotten (ms).
-- ARGV: calls a period, slice (ms), slices a period, how many calls to leave to others, calls in a
-- period from which on they are spaced, time between those (ms).
-- Answers {1, 0, calls counted} or {0, ms until it's worth asking, calls counted}.
local call = redis.call
local time = call('TIME')
local now = math.floor(time[1] * 1000 + time[2] / 1000)
local limit, slice, slices = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local current = math.floor(now / slice)
local known, used, past = {}, 0, {}
local all = call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local index = tonumber(all[i])
  if not index then
    known[all[i]] = tonumber(all[i + 1])
  elseif index < current - slices then
    call('HDEL', KEYS[1], all[i])
  else
    used = used + tonumber(all[i + 1])
    past[#past + 1] = index
  end
end
local foreign_until = known.fu or 0
local foreign = now < foreign_until and known.f or 0
local total = used + foreign
if now < (known.p or 0) then return {0, known.p - now, total} end
local room = limit - tonumber(ARGV[4])
if total + 1 > room then
  -- The oldest slice frees some, or the server's reset does.
  local free = now + slice
  table.sort(past)
  if past[1] then free = (past[1] + slices + 1) * slice end
  if foreign > 0 then free = math.min(free, foreign_until) end
  return {0, math.max(1, free - now), total}
end
local next_one = (known.l or 0) + tonumber(ARGV[6])
if total >= tonumber(ARGV[5]) and now < next_one then return {0, next_one - now, total} end
call('HINCRBY', KEYS[1], current, 1)
call('HSET', KEYS[1], 'l', now)
call('PEXPIRE', KEYS[1], slice * (slices + 2))
return {1, 0, total + 1}
