-- Behind owner.lua. What was taken and is left for later is in nobody's hand.
call('DEL', P .. 'hand')
return 1
