-- Behind owner.lua. Gives up writing a version of a contact. ARGV: contact, hex, version, letter,
-- kind, reason. A second call finds it clean and does nothing; so does a newer version.
call('SREM', P .. 'inflight', ARGV[3])
local version = call('HGET', P .. 'contact:' .. ARGV[4], 'v')
if version == ARGV[5] and call('ZREM', P .. 'dirty', ARGV[3]) == 1 then
  call('XADD', P .. 'dead', '*', 'r', ARGV[6], 'k', ARGV[7], 'n', ARGV[8])
end
return 'OK'
