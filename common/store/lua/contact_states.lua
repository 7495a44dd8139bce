-- Contacts as they are kept: {the hash's fields, 1 if a write is due or under way, 1 if the person
-- unsubscribed, ...}. KEYS[1] dirty; ARGV: prefix, contacts ... Only reads.
local call, P = redis.call, ARGV[1]
local out = {}
for i = 2, #ARGV do
  local contact = ARGV[i]
  local busy = call('ZSCORE', KEYS[1], contact) or call('SISMEMBER', P .. 'inflight', contact) == 1
  out[#out + 1] = call('HGETALL', P .. 'contact:' .. contact)
  out[#out + 1] = busy and 1 or 0
  out[#out + 1] = call('SISMEMBER', P .. 'unsubscribed', contact)
end
return out
