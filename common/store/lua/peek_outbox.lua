-- Behind desired.lua. Entries of the outbox with what delivery needs to know: {id, event, ledger state, sending since,
-- contact known, contact's desired state, ...}. Only reads.
-- KEYS[1] outbox. ARGV: prefix, from, how many
local out = {}
local call, P = redis.call, ARGV[1]
for _, entry in ipairs(call('XRANGE', KEYS[1], ARGV[2], '+', 'COUNT', ARGV[3])) do
  local body, uid, contact, day = entry[2][2], entry[2][4], entry[2][6], entry[2][8]
  local ledger = call('HGET', P .. 'sent:' .. day .. ':' .. string.format('%02x', string.byte(uid)), uid) or 'q'
  local key = P .. 'contact:' .. contact
  for _, value in ipairs({entry[1], body, ledger, call('HGET', P .. 'sending', uid) or '0',
    call('HGET', key, 't') or '', desired_of(key)}) do
    out[#out + 1] = value
  end
end
return out
