-- Behind owner.lua. Which contact in Brevo an account is. ARGV: account, value ('' for none any more),
-- tombstones of both (16 bytes each). Who was erased isn't stored again.
for first = 1, #ARGV[5], 16 do
  if call('SISMEMBER', P .. 'erased', string.sub(ARGV[5], first, first + 15)) == 1 then return 'OK' end
end
if ARGV[4] == '' then
  call('HDEL', P .. 'linked', ARGV[3])
else
  call('HSET', P .. 'linked', ARGV[3], ARGV[4])
end
return 'OK'
