-- Behind owner.lua. Removes what is past its time, some hundred a call. ARGV: tombstones before,
-- dead letters before, quarantine before, users before (all in ms), users' cursor.
-- Answers {1 if there may be more, next cursor}.
local more = 0
local old = call('ZRANGE', P .. 'tombstones', '-inf', ARGV[3], 'BYSCORE', 'LIMIT', 0, 500)
for _, id in ipairs(old) do
  local bucket = 'issues:' .. string.format('%.0f', math.floor(tonumber(id) / 100))
  call('HDEL', P .. bucket, id)
  call('ZREM', P .. 'tombstones', id)
  if call('EXISTS', P .. bucket) == 0 then call('SREM', P .. 'buckets', bucket) end
end
if #old == 500 then more = 1 end
call('XTRIM', P .. 'dead', 'MINID', ARGV[4])
call('XTRIM', P .. 'quarantine', 'MINID', ARGV[5])
local users = call('HSCAN', P .. 'users', ARGV[7], 'COUNT', 200)
local before = tonumber(ARGV[6])
for i = 1, #users[2], 2 do
  local put = struct.unpack('>I8', users[2][i + 1])
  if put < before then call('HDEL', P .. 'users', users[2][i]) end
end
if users[1] ~= '0' then more = 1 end
return {more, users[1]}
