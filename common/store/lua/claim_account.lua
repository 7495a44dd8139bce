-- Claims attribute names of a Brevo account for a connection, unless another one has claimed them.
-- KEYS[1] the account's connections: id -> "<since ms>\n<tenant>\n<site>\n<NAME>,<NAME>,"
-- ARGV: id, tenant, site, names (each followed by a comma), now in ms
local id, tenant, site, names = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  if all[i] ~= id then
    local since, their_tenant, their_site, theirs = string.match(all[i + 1], '^(%d+)\n([^\n]*)\n([^\n]*)\n(.*)$')
    if their_tenant == tenant and their_site == site then
      return {'EXISTS', all[i], since, ''}
    end
    for name in string.gmatch(names, '([^,]+),') do
      if string.find(',' .. theirs, ',' .. name .. ',', 1, true) then
        return {'IN_USE', all[i], since, name}
      end
    end
  end
end
redis.call('HSET', KEYS[1], id, ARGV[5] .. '\n' .. tenant .. '\n' .. site .. '\n' .. names)
return {'OK'}
