-- Erases a contact's state and the link of its tickets; from here on it is erased.
-- KEYS[1] the set of tombstones. ARGV: prefix (same hash tag), contact, its tombstone, now in ms, since
-- when a write of ours to Brevo has to be undone (in ms; '0': whatever was written), further tombstones ...
-- Answers {1 if anything was there or it had been erased before, 1 if it was in flight to
-- Brevo, 1 if it has to be deleted there}. The last is noted in `erasing` until the deletion is done: a
-- crash in between doesn't lose it.
local call, P, contact, tombstone, now, since =
  redis.call, ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local found = call('SADD', KEYS[1], tombstone) == 0 and 1 or 0
for i = 6, #ARGV do call('SADD', KEYS[1], ARGV[i]) end
local in_flight = call('SISMEMBER', P .. 'inflight', contact)
local written = tonumber(call('HGET', P .. 'contact:' .. contact, 't') or '0')
local undo = (since == 0 or in_flight == 1 or written >= since) and 1 or call('HEXISTS', P .. 'erasing', tombstone)
if undo == 1 then call('HSETNX', P .. 'erasing', tombstone, now) end
local without = 0
for _, member in ipairs(call('ZRANGE', P .. 'tickets:' .. contact, 0, -1)) do
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
if call('HEXISTS', P .. 'contact:' .. contact, 't') == 1 then call('HINCRBY', P .. 'counters', 'contacts', -1) end
if call('UNLINK', P .. 'contact:' .. contact, P .. 'tickets:' .. contact) > 0 then found = 1 end
call('ZREM', P .. 'dirty', contact)
call('HDEL', P .. 'stale', contact)
call('UNLINK', P .. 'quarantine')
-- `inflight` keeps it until the write that is under way has been settled.
return {found, in_flight, undo}
