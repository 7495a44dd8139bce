-- Behind owner.lua. ARGV[3...] contacts whose last ticket is to be read again.
for i = 3, #ARGV do
  local contact = ARGV[i]
  local top = call('ZREVRANGE', P .. 'tickets:' .. contact, 0, 0)[1]
  if top then
    local id = struct.unpack('>I8', top)
    call('HSET', P .. 'stale', contact, string.format('%.0f', id))
  end
end
return 'OK'
