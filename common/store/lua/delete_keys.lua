-- One step of deleting a connection's keys: SCAN inside a script goes to the node that has them.
-- KEYS[1] lease (kept: it fences late writers), KEYS[2] the connection's hash (kept: its owner ends
-- with it). ARGV: pattern, cursor, COUNT. Answers the next cursor and how many keys went.
local page = redis.call('SCAN', ARGV[2], 'MATCH', ARGV[1], 'COUNT', ARGV[3])
local gone = 0
for _, key in ipairs(page[2]) do
  if key ~= KEYS[1] and key ~= KEYS[2] then gone = gone + redis.call('UNLINK', key) end
end
return {page[1], gone}
