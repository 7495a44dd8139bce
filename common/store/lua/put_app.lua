-- Replaces a sealed app unless it changed since it was read. KEYS[1] it; ARGV: sealed, as read ('': none).
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[2] then return 0 end
redis.call('SET', KEYS[1], ARGV[1])
return 1
