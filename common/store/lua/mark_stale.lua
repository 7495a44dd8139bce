-- Behind owner.lua. ARGV[3...] contacts whose last ticket is to be read again.
for i = 3, #ARGV do
  local contact = ARGV[i]
  local hex = string.format('%02x%02x%02x%02x%02x%02x%02x%02x%02x%02x%02x%02x%02x%02x%02x%02x', string.byte(contact, 1, 16))
  local top = call('ZREVRANGE', P .. 'tickets:' .. hex, 0, 0)[1]
  if top then
    local id = struct.unpack('>I8', top)
    call('HSET', P .. 'stale', contact, string.format('%.0f', id))
  end
end
return 'OK'
