-- The head of every script that writes for an owner: it refuses unless the lease is the caller's.
-- KEYS[1] lease, ARGV[1] prefix of the connection's keys, ARGV[2] the owner's token.
-- Other keys are named from the prefix, undeclared: they share KEYS[1]'s hash tag, so they are in
-- its slot and on its node, also in a Cluster.
local call = redis.call
if call('GET', KEYS[1]) ~= ARGV[2] then
  return 'LEASE_LOST'
end
local P = ARGV[1]

