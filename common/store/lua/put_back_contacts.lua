-- Behind owner.lua. ARGV[3...] contacts that are not in flight after all.
for i = 3, #ARGV do call('SREM', P .. 'inflight', ARGV[i]) end
return 'OK'
