-- Behind owner.lua. ARGV[3] how many. The oldest entries: {id, payload, crashes, ...}. `hand` says who
-- took which; what another owner had in hand and didn't finish, it crashed on.
local hand = call('GET', P .. 'hand')
local mine = ARGV[2] .. '|'
if hand and string.sub(hand, 1, #mine) ~= mine then
  for id in string.gmatch(string.match(hand, '|(.*)$') or '', '%S+') do
    if #call('XRANGE', P .. 'events', id, id) > 0 then call('HINCRBY', P .. 'crashes', id, 1) end
  end
end
local crashed = call('EXISTS', P .. 'crashes') == 1
local taken, ids = {}, {}
for _, entry in ipairs(call('XRANGE', P .. 'events', '-', '+', 'COUNT', ARGV[3])) do
  ids[#ids + 1] = entry[1]
  taken[#taken + 1] = entry[1]
  taken[#taken + 1] = entry[2][2]
  taken[#taken + 1] = crashed and call('HGET', P .. 'crashes', entry[1]) or '0'
end
if #ids > 0 then
  call('SET', P .. 'hand', mine .. table.concat(ids, ' '))
elseif hand then
  call('DEL', P .. 'hand')
end
return taken
