-- The server's word on a quota of draw_window.lua: what it counted beyond us is others' use.
-- KEYS[1] the hash. ARGV: calls the server counted, ms until it forgets them, slice (ms), slices a period.
local call = redis.call
local time = call('TIME')
local now = math.floor(time[1] * 1000 + time[2] / 1000)
local slice, slices = tonumber(ARGV[3]), tonumber(ARGV[4])
local used = 0
local all = call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local index = tonumber(all[i])
  if index and index >= math.floor(now / slice) - slices then used = used + tonumber(all[i + 1]) end
end
local foreign = tonumber(ARGV[1]) - used
if foreign <= 0 then return 0 end
call('HSET', KEYS[1], 'f', foreign, 'fu', now + math.floor(tonumber(ARGV[2])))
call('PEXPIRE', KEYS[1], slice * (slices + 2))
return foreign
