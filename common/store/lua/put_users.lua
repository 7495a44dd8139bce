-- Behind owner.lua. ARGV[3...] account id, value, tombstones of the user (16 bytes each), ... Who was
-- erased isn't stored again.
local someone_erased = call('EXISTS', P .. 'erased') == 1
for i = 3, #ARGV, 3 do
  local erased = false
  for first = 1, someone_erased and #ARGV[i + 2] or 0, 16 do
    erased = erased or call('SISMEMBER', P .. 'erased', string.sub(ARGV[i + 2], first, first + 15)) == 1
  end
  if not erased then call('HSET', P .. 'users', ARGV[i], ARGV[i + 1]) end
end
return 'OK'
