-- Removes contacts' entries from a page of the outbox. KEYS[1] outbox; ARGV: prefix (same hash tag),
-- from, contacts ... Answers {last id looked at or '', the contacts of those that went, ...}.
local whose, gone, last = {}, {}, ''
for i = 3, #ARGV do whose[ARGV[i]] = true end
for _, entry in ipairs(redis.call('XRANGE', KEYS[1], ARGV[2], '+', 'COUNT', 1000)) do
  last = entry[1]
  if whose[entry[2][6]] then
    redis.call('XDEL', KEYS[1], entry[1])
    redis.call('HDEL', ARGV[1] .. 'sending', entry[2][4])
    gone[#gone + 1] = entry[2][6]
  end
end
return {last, unpack(gone)}
