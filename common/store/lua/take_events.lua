-- Behind owner.lua. ARGV[3] how many, then ids to pass over. The oldest entries: {id, payload, crashes, ...}.
-- `hand` says who took which; what another owner had in hand and didn't finish, it crashed on. An entry that
-- somebody crashed on goes alone, and what comes before it goes without it: only what goes is in hand.
local hand = call('GET', P .. 'hand')
local mine = ARGV[2] .. '|'
if hand and string.sub(hand, 1, #mine) ~= mine then
  for id in string.gmatch(string.match(hand, '|(.*)$') or '', '%S+') do
    if #call('XRANGE', P .. 'events', id, id) > 0 then call('HINCRBY', P .. 'crashes', id, 1) end
  end
end
local crashed = call('EXISTS', P .. 'crashes') == 1
local taken, ids, alone, passed_over = {}, {}, false, {}
for i = 4, #ARGV do passed_over[ARGV[i]] = true end
for _, entry in ipairs(call('XRANGE', P .. 'events', '-', '+', 'COUNT', ARGV[3] + #ARGV - 3)) do
  if not passed_over[entry[1]] then
    local crashes = crashed and call('HGET', P .. 'crashes', entry[1]) or '0'
    if alone or (crashes ~= '0' and #ids > 0) then break end
    alone = crashes ~= '0'
    ids[#ids + 1] = entry[1]
    taken[#taken + 1] = entry[1]
    taken[#taken + 1] = entry[2][2]
    taken[#taken + 1] = crashes
  end
end
if #ids > 0 then
  call('SET', P .. 'hand', mine .. table.concat(ids, ' '))
elseif hand then
  call('DEL', P .. 'hand')
end
return taken
