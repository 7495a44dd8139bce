-- Behind owner.lua. Whatever an earlier owner had in flight is dirty again, to be written whatever its
-- hash says: what reached Brevo is unknown. ARGV[3] now in ms, ARGV[4] how many at most. Answers how many;
-- who was erased meanwhile is one of them, too.
local reclaimed = call('SPOP', P .. 'inflight', ARGV[4])
for _, contact in ipairs(reclaimed) do
  local key = P .. 'contact:' .. contact
  if call('EXISTS', key) == 1 then
    call('HSET', key, 'f', '1')
    call('ZADD', P .. 'dirty', 'LT', ARGV[3], contact)
  end
end
return #reclaimed
