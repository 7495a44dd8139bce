-- Moves a creation on. KEYS[1] the creation. ARGV: token of the call that holds it, and
-- 'sent', now in ms: it is about to be sent; 'release': another call may go on with it; 'forget': surely
-- nothing was created; or 'done', id, key, which also holds if another call took over meanwhile.
-- Answers 1, or 0 where the creation isn't this call's any more.
local call = redis.call
local verb = ARGV[2]
if verb == 'done' then
  if call('HEXISTS', KEYS[1], 'fingerprint') == 0 then return 0 end
  if call('HSETNX', KEYS[1], 'id', ARGV[3]) == 1 then call('HSET', KEYS[1], 'key', ARGV[4]) end
  return 1
end
if call('HGET', KEYS[1], 'token') ~= ARGV[1] then return 0 end
if verb == 'sent' then
  call('HSET', KEYS[1], 'sent', ARGV[3])
elseif verb == 'release' then
  call('HDEL', KEYS[1], 'until')
else
  call('DEL', KEYS[1])
end
return 1
