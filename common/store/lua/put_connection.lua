-- Writes fields of a connection. KEYS[1] its hash; ARGV[1] how; then field, value, ...
-- 'create': only if there is none; 'any': whatever its generation; 'keep': the same, and the
-- generation stays; a number: only at that generation. Answers the generation, or why not.
-- 'any' with nothing to change changes nothing, the generation neither.
local call = redis.call
local how = ARGV[1]
local generation = call('HGET', KEYS[1], 'generation')
if how == 'create' then
  if generation then return 'EXISTS' end
elseif not generation then
  return 'MISSING'
elseif how == 'any' then
  local changed = false
  for i = 2, #ARGV, 2 do
    if call('HGET', KEYS[1], ARGV[i]) ~= ARGV[i + 1] then changed = true end
  end
  if not changed then return tonumber(generation) end
elseif how ~= 'keep' and how ~= generation then
  return 'CHANGED'
end
call('HSET', KEYS[1], unpack(ARGV, 2))
if how == 'keep' then return tonumber(generation) end
return call('HINCRBY', KEYS[1], 'generation', 1)
