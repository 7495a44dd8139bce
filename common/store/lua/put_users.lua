-- Behind owner.lua. ARGV[3...] account id, value, tombstones of the user (16 bytes each), '1' if the
-- user has an e-mail, ... Who was erased isn't stored again. Tickets that wait for the e-mail are due.
local someone_erased = call('EXISTS', P .. 'erased') == 1
local someone_parked = call('EXISTS', P .. 'parked') == 1
for i = 3, #ARGV, 4 do
  local erased = false
  for first = 1, someone_erased and #ARGV[i + 2] or 0, 16 do
    erased = erased or call('SISMEMBER', P .. 'erased', string.sub(ARGV[i + 2], first, first + 15)) == 1
  end
  if not erased then
    call('HSET', P .. 'users', ARGV[i], ARGV[i + 1])
    -- Now, not 0: a look that began before must not put it off.
    if someone_parked and ARGV[i + 3] == '1' then
      local put = struct.unpack('>I8', ARGV[i + 1])
      call('ZADD', P .. 'parked', 'XX', put, ARGV[i])
    end
  end
end
return 'OK'
