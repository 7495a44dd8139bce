-- Behind owner.lua. When accounts are looked for next. ARGV: XX (those that wait) or NX (those that
-- don't), the time in ms, since when the look at hand has lasted (ms; '' for none: who became due
-- meanwhile stays due), accounts ...
if ARGV[3] == 'XX' and call('EXISTS', P .. 'parked') == 0 then return 'OK' end
local since = tonumber(ARGV[5])
for i = 6, #ARGV do
  local due = since and call('ZSCORE', P .. 'parked', ARGV[i])
  if not due or tonumber(due) <= since then call('ZADD', P .. 'parked', ARGV[3], ARGV[4], ARGV[i]) end
end
return 'OK'
