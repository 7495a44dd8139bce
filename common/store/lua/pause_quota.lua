-- Nobody draws from a quota for a while; a longer pause stays. KEYS[1] its hash; ARGV: the field that
-- holds until when (ms), for how long (ms).
local call = redis.call
local time = call('TIME')
local now = math.ceil(time[1] * 1000 + time[2] / 1000)
local until_ms = math.max(tonumber(call('HGET', KEYS[1], ARGV[1]) or 0), now + math.floor(tonumber(ARGV[2])))
call('HSET', KEYS[1], ARGV[1], until_ms)
if call('PTTL', KEYS[1]) < until_ms - now + 60000 then call('PEXPIRE', KEYS[1], until_ms - now + 60000) end
return 'OK'
