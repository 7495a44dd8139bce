-- Behind owner.lua. ARGV[4...] contacts that are not in flight any more; still dirty. ARGV[3] '1': what of
-- them reached Brevo is unknown, so they are written whatever their hash says.
for i = 4, #ARGV do
  local key = P .. 'contact:' .. ARGV[i]
  if call('SREM', P .. 'inflight', ARGV[i]) == 1 and ARGV[3] == '1' and call('EXISTS', key) == 1 then
    call('HSET', key, 'f', '1')
  end
end
return 'OK'
