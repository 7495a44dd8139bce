-- Contacts whose last ticket must be re-read: {contact, newest ticket's id or 0, ...}, as it is now.
-- KEYS[1] the hash of them, ARGV[1] prefix, ARGV[2] how many. Only reads.
local out = {}
for _, contact in ipairs(redis.call('HRANDFIELD', KEYS[1], ARGV[2])) do
  local top = redis.call('ZREVRANGE', ARGV[1] .. 'tickets:' .. contact, 0, 0)[1]
  local id = 0
  if top then id = struct.unpack('>I8', top) end
  out[#out + 1] = contact
  out[#out + 1] = id
end
return out
