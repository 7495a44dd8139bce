-- Behind owner.lua. Tickets of an account wait no longer. ARGV: account, a list of {issue id, event to
-- append or ''}. An account without a ticket left isn't looked for any more.
local key = P .. 'parked:' .. ARGV[3]
for _, ticket in ipairs(cmsgpack.unpack(ARGV[4])) do
  if call('SREM', key, ticket[1]) == 1 and ticket[2] ~= '' then call('XADD', P .. 'events', '*', 'e', ticket[2]) end
end
if call('EXISTS', key) == 0 then call('ZREM', P .. 'parked', ARGV[3]) end
return 'OK'
