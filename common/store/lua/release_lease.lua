-- Behind owner.lua. What is in hand at a planned end is no crash.
local hand = call('GET', P .. 'hand')
if hand and string.sub(hand, 1, #ARGV[2] + 1) == ARGV[2] .. '|' then
  call('DEL', P .. 'hand')
end
call('DEL', KEYS[1])
return 'OK'
