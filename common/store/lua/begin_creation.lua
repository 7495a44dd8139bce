-- Begins, or goes on with, the creation of an issue that an idempotency key names.
-- KEYS[1] the creation. ARGV: fingerprint of the wish, token of this call, now in ms, until when it holds
-- the creation (ms), life of the creation in s.
-- Answers {'go', when it was sent before or '0'}, {'wait'} while another call holds it, {'done', id, key},
-- or {'other'}: the key stands for another wish.
local call = redis.call
local known = call('HMGET', KEYS[1], 'fingerprint', 'id', 'key', 'token', 'until', 'sent')
if known[1] and known[1] ~= ARGV[1] then return {'other'} end
if known[2] then return {'done', known[2], known[3]} end
local held = known[5] and tonumber(known[5]) > tonumber(ARGV[3]) and known[4] ~= ARGV[2]
if held then return {'wait'} end
call('HSET', KEYS[1], 'fingerprint', ARGV[1], 'token', ARGV[2], 'until', ARGV[4])
call('EXPIRE', KEYS[1], ARGV[5])
return {'go', known[6] or '0'}
