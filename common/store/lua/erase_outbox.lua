-- Removes a contact's entries from a page of the outbox. KEYS[1] outbox; ARGV: prefix (same hash
-- tag), contact, from. Answers {last id looked at or '', how many went}.
local gone, last = 0, ''
for _, entry in ipairs(redis.call('XRANGE', KEYS[1], ARGV[3], '+', 'COUNT', 1000)) do
  last = entry[1]
  if entry[2][6] == ARGV[2] then
    redis.call('XDEL', KEYS[1], entry[1])
    redis.call('HDEL', ARGV[1] .. 'sending', entry[2][4])
    gone = gone + 1
  end
end
return {last, gone}
