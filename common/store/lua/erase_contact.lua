-- Erases a contact's state and the link of its tickets; from here on it is erased.
-- KEYS[1] the set of erased contacts. ARGV: prefix (same hash tag), contact, its hex. Answers 1 if
-- anything was there.
local call, P, contact, hex = redis.call, ARGV[1], ARGV[2], ARGV[3]
local found = call('SADD', KEYS[1], contact) == 0 and 1 or 0
local without = 0
for _, member in ipairs(call('ZRANGE', P .. 'tickets:' .. hex, 0, -1)) do
  local id = struct.unpack('>I8', member)
  local bucket, field = P .. 'issues:' .. string.format('%.0f', math.floor(id / 100)), string.format('%.0f', id)
  local record = call('HGET', bucket, field)
  if record and string.sub(record, 17, 32) == contact then
    call('HSET', bucket, field, string.sub(record, 1, 16) .. string.rep('\0', 16) .. string.sub(record, 33))
    without = without + 1
  end
  found = 1
end
if without > 0 then call('HINCRBY', P .. 'counters', 'without_contact', without) end
if call('HEXISTS', P .. 'contact:' .. hex, 'k') == 1 then call('HINCRBY', P .. 'counters', 'contacts', -1) end
if call('UNLINK', P .. 'contact:' .. hex, P .. 'tickets:' .. hex) > 0 then found = 1 end
call('ZREM', P .. 'dirty', contact)
call('SREM', P .. 'inflight', contact)
call('HDEL', P .. 'stale', contact)
call('UNLINK', P .. 'quarantine')
return found
