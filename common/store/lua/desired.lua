-- The head of scripts that read contacts' desired states: all parts of one, one behind the other, or ''.
local function desired_of(key)
  local first = redis.call('HGET', key, 'd1')
  if not first then return '' end
  local parts = {first}
  for i = 2, string.byte(first, 1) do parts[i] = redis.call('HGET', key, 'd' .. i) or '' end
  return table.concat(parts)
end

