-- Replaces a sealed grant. KEYS[1] its hash; ARGV: sealed, its generation, the generation that must be
-- stored now ('' for a new one).
local stored = redis.call('HGET', KEYS[1], 'generation') or ''
if stored ~= ARGV[3] then return 0 end
redis.call('HSET', KEYS[1], 'sealed', ARGV[1], 'generation', ARGV[2])
return 1
