-- Behind owner.lua. When accounts are looked for next. ARGV: XX (those that wait) or NX (those that
-- don't), the time in ms, accounts ...
if ARGV[3] == 'XX' and call('EXISTS', P .. 'parked') == 0 then return 'OK' end
for i = 5, #ARGV do call('ZADD', P .. 'parked', ARGV[3], ARGV[4], ARGV[i]) end
return 'OK'
