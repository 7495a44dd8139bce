-- Which accounts of an app may be reported to Atlassian now: none more often than the cycle, whichever
-- of the app's connections asks. KEYS[1] hash: account -> "<reported in ms> <status>". ARGV: now in ms,
-- cycle in ms, the hash's life in s, account ids ... Answers for each '' (ours to report: claimed), or
-- what stands there.
local now, cycle = tonumber(ARGV[1]), tonumber(ARGV[2])
local out = {}
for i = 4, #ARGV do
  local known = redis.call('HGET', KEYS[1], ARGV[i])
  if known and tonumber(string.match(known, '^%d+') or '0') > now - cycle then
    out[#out + 1] = known
  else
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[1] .. ' ')
    out[#out + 1] = ''
  end
end
redis.call('EXPIRE', KEYS[1], ARGV[3])
return out
