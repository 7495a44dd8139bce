-- Behind owner.lua. Contacts of a lane that await a write, longest first, as {contact, its hash's
-- fields, ...}; marks them in flight. Those that Brevo doesn't know go before the others, among the
-- first that aren't in flight already: their events wait for them.
-- ARGV[3] how many, ARGV[4] and ARGV[5] the lane's first and last score, or that from which to go on, ARGV[6]
-- how many to choose from: as many as wanted passes nobody over.
-- Answers the contacts, and the score from which to go on in the same round.
local count, most = tonumber(ARGV[3]), tonumber(ARGV[6])
local function key_of(contact)
  return P .. 'contact:' .. contact
end

local chosen, others = {}, {}
local from, skip, seen = ARGV[4], 0, 0
while true do
  local scored = call('ZRANGE', P .. 'dirty', from, ARGV[5], 'BYSCORE', 'LIMIT', skip, 100, 'WITHSCORES')
  if #scored == 0 then break end
  local page = {}
  for i = 1, #scored, 2 do page[#page + 1] = scored[i] end
  local in_flight = call('SMISMEMBER', P .. 'inflight', unpack(page))
  for i, contact in ipairs(page) do
    if #chosen >= count or seen >= most then break end
    if in_flight[i] == 0 then
      seen = seen + 1
      if call('HEXISTS', key_of(contact), 't') == 0 then
        chosen[#chosen + 1] = contact
      elseif #others < count then
        others[#others + 1] = contact
      end
    end
  end
  if #page < 100 or #chosen >= count or seen >= most then break end
  -- By score, not by rank: what is passed over isn't counted through again.
  local last = scored[#scored]
  if last ~= from then from, skip = last, 0 end
  for i = #scored, 2, -2 do
    if scored[i] ~= last then break end
    skip = skip + 1
  end
end
for _, contact in ipairs(others) do
  if #chosen >= count then break end
  chosen[#chosen + 1] = contact
end

local out = {}
local someone_unsubscribed = call('EXISTS', P .. 'unsubscribed') == 1
for _, contact in ipairs(chosen) do
  local fields = call('HGETALL', key_of(contact))
  if #fields == 0 then
    call('ZREM', P .. 'dirty', contact)
  else
    call('SADD', P .. 'inflight', contact)
    if someone_unsubscribed and call('SISMEMBER', P .. 'unsubscribed', contact) == 1 then
      fields[#fields + 1] = 'u'
      fields[#fields + 1] = '1'
    end
    out[#out + 1] = contact
    out[#out + 1] = fields
  end
end
out[#out + 1] = from
return out
