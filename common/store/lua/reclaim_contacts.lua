-- Behind owner.lua. Whatever an earlier owner had in flight is dirty again, to be written whatever its
-- hash says: what reached Brevo is unknown. ARGV[3] now in ms. Answers how many may still be on their way;
-- who was erased meanwhile is one of them, too.
local count = 0
for _, contact in ipairs(call('SMEMBERS', P .. 'inflight')) do
  local key = P .. 'contact:' .. contact
  if call('EXISTS', key) == 1 then
    call('HSET', key, 'f', '1')
    call('ZADD', P .. 'dirty', 'LT', ARGV[3], contact)
  end
  count = count + 1
end
call('DEL', P .. 'inflight')
return count
