-- Puts the same secret under another key. KEYS[1] what holds it: a hash with ARGV[1] its field, or a string where
-- that is ''. ARGV[2] as it was, ARGV[3] as it is to be; nothing where somebody changed it meanwhile.
local call = redis.call
local field = ARGV[1]
local stored
if field == '' then stored = call('GET', KEYS[1]) else stored = call('HGET', KEYS[1], field) end
if stored ~= ARGV[2] then return 0 end
if field == '' then
  call('SET', KEYS[1], ARGV[3], 'KEEPTTL')
else
  call('HSET', KEYS[1], field, ARGV[3])
end
return 1
