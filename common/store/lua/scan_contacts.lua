-- Behind desired.lua. One step through the contacts' desired states: SCAN inside a script goes to the node that has them.
-- KEYS[1] the connection's hash (names the node). ARGV: pattern, cursor, COUNT. Only reads.
-- Answers {next cursor, desired state, ...}.
local page = redis.call('SCAN', ARGV[2], 'MATCH', ARGV[1], 'COUNT', ARGV[3])
local out = {page[1]}
for _, key in ipairs(page[2]) do
  local desired = desired_of(key)
  if desired ~= '' then out[#out + 1] = desired end
end
return out
