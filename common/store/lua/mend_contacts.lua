-- Behind owner.lua. Contacts that are another in Brevo than here are dirty again, to be written whatever
-- their hash says, unless anything has changed since they were read. ARGV: score in `dirty`, a list of
-- {contact, version, how often that version has been mended, 1 if the person unsubscribed in Brevo}.
-- Answers how many are dirty now.
local count = 0
for _, differing in ipairs(cmsgpack.unpack(ARGV[4])) do
  local contact, version, mends, unsubscribed = unpack(differing)
  local key = P .. 'contact:' .. contact
  if unsubscribed == 1 and call('EXISTS', key) == 1 then call('SADD', P .. 'unsubscribed', contact) end
  local as_read = call('HGET', key, 'v') == version and call('SISMEMBER', P .. 'inflight', contact) == 0
  if mends > 0 and as_read and call('ZADD', P .. 'dirty', 'NX', ARGV[3], contact) == 1 then
    call('HSET', key, 'f', '1', 'm', version .. ' ' .. mends)
    count = count + 1
  end
end
return count
