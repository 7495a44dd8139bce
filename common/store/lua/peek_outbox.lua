-- Behind desired.lua. Entries of the outbox with what delivery needs to know: {id, event, ledger state, sending since,
-- contact known, contact's desired state, why nobody writes that contact, ...}. Only reads.
-- KEYS[1] outbox. ARGV: prefix, from, how many
local out = {}
local call, P = redis.call, ARGV[1]
-- The reason for which the contact was given up as it stands, if Brevo doesn't know it; else ''.
local function given_up(known, version, note)
  if known or not version or not note then return '' end
  local of, reason = string.match(note, '^(%d+) (%d+)$')
  return of == version and reason or ''
end
for _, entry in ipairs(call('XRANGE', KEYS[1], ARGV[2], '+', 'COUNT', ARGV[3])) do
  local body, uid, contact, day = entry[2][2], entry[2][4], entry[2][6], entry[2][8]
  local ledger = call('HGET', P .. 'sent:' .. day .. ':' .. string.format('%02x', string.byte(uid)), uid) or 'q'
  local key = P .. 'contact:' .. contact
  local state = call('HMGET', key, 't', 'v', 'x')
  for _, value in ipairs({entry[1], body, ledger, call('HGET', P .. 'sending', uid) or '0', state[1] or '',
    desired_of(key), given_up(unpack(state))}) do
    out[#out + 1] = value
  end
end
return out
