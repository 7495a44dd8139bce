-- How contacts stand at Brevo. KEYS[1] the set of those who unsubscribed, ARGV[1] prefix (same hash tag),
-- then the contacts. Answers for each 'k' Brevo knows it, 'w' it is about to be written, '-' it is to be
-- left alone: unsubscribed, erased, or never ours.
local call, P = redis.call, ARGV[1]
local out = {}
for i = 2, #ARGV do
  local contact = ARGV[i]
  local key = P .. 'contact:' .. contact
  local standing = '-'
  if call('SISMEMBER', KEYS[1], contact) == 0 then
    if call('HEXISTS', key, 't') == 1 then
      standing = 'k'
    elseif call('ZSCORE', P .. 'dirty', contact) then
      standing = 'w'
    end
  end
  out[#out + 1] = standing
end
return out
