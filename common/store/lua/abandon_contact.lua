-- Behind owner.lua. Gives up writing a version of a contact, and notes in it which and why. ARGV: contact,
-- version, letter, kind, reason. A second call finds it clean and does nothing; so does a newer version.
call('SREM', P .. 'inflight', ARGV[3])
local version = call('HGET', P .. 'contact:' .. ARGV[3], 'v')
if version == ARGV[4] and call('ZREM', P .. 'dirty', ARGV[3]) == 1 then
  call('XADD', P .. 'dead', '*', 'r', ARGV[5], 'k', ARGV[6], 'n', ARGV[7])
  call('HSET', P .. 'contact:' .. ARGV[3], 'x', version .. ' ' .. ARGV[7])
end
return 'OK'
