-- Behind owner.lua. ARGV[3] the milestone's key, ARGV[4] its campaign, or '' once that has ended, ARGV[5]
-- what is then remembered of it.
if ARGV[4] == '' then
  call('HSET', P .. 'milestones', ARGV[3], ARGV[5])
  call('HDEL', P .. 'campaigns', ARGV[3])
else
  call('HSET', P .. 'campaigns', ARGV[3], ARGV[4])
end
return 'OK'
