-- Behind owner.lua. ARGV[3] a list of {contact, version, hash, 1 written | 0 not needed}, ARGV[4] now in
-- ms. A contact is clean only if it is still at that version; its lists then are what was written, so
-- those it left are forgotten.
local newly_known = 0
for _, settled in ipairs(cmsgpack.unpack(ARGV[3])) do
  local contact, version, hash, was_written = unpack(settled)
  local key = P .. 'contact:' .. contact
  local stored = call('HMGET', key, 'v', 't')
  call('SREM', P .. 'inflight', contact)
  if not stored[1] then
    call('ZREM', P .. 'dirty', contact)  -- erased meanwhile
  else
    if was_written == 1 then
      call('HSET', key, 'w', hash, 't', ARGV[4])
      call('HDEL', key, 'f')
      if not stored[2] then newly_known = newly_known + 1 end
    end
    if stored[1] == version then
      call('ZREM', P .. 'dirty', contact)
      local fields = call('HGETALL', key)
      for i = 1, #fields, 2 do
        if string.sub(fields[i], 1, 1) == 'L' and fields[i + 1] == '0' then call('HDEL', key, fields[i]) end
      end
    end
  end
end
if newly_known ~= 0 then call('HINCRBY', P .. 'counters', 'contacts', newly_known) end
return 'OK'
