-- Behind owner.lua. Gives ARGV[3...], names of attributes, their numbers unless they have one. Answers
-- all names with their numbers.
for i = 3, #ARGV do
  if call('HEXISTS', P .. 'attributes', ARGV[i]) == 0 then
    call('HSET', P .. 'attributes', ARGV[i], call('HLEN', P .. 'attributes'))
  end
end
return call('HGETALL', P .. 'attributes')
