-- Behind owner.lua. What a poll of Jira saw and what follows from it, at once. ARGV[3] a list of events
-- to append, cursors to set, the name of the hash of what was seen, its fields to set, fields to remove, 1 to
-- forget the hash first.
local events, cursors, name, seen, gone, forget = unpack(cmsgpack.unpack(ARGV[3]))
if forget == 1 then call('UNLINK', P .. name) end
for _, event in ipairs(events) do call('XADD', P .. 'events', '*', 'e', event) end
if #cursors > 0 then call('HSET', P .. 'cursors', unpack(cursors)) end
for first = 1, #seen, 1000 do
  call('HSET', P .. name, unpack(seen, first, math.min(first + 999, #seen)))
end
for first = 1, #gone, 1000 do
  call('HDEL', P .. name, unpack(gone, first, math.min(first + 999, #gone)))
end
return 'OK'
