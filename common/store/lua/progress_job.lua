-- Behind owner.lua. Sets fields of a job that has not ended. ARGV: id, field, value, ...
local job = P .. 'job:' .. ARGV[3]
local state = call('HMGET', job, 'state', 'cancel')
if not state[1] then return 'MISSING' end
local goes_on = state[1] == 'running' or state[1] == 'queued'
if not goes_on or state[2] == '1' then return 'CANCELLED' end
if #ARGV > 4 then call('HSET', job, unpack(ARGV, 4)) end
return 'OK'
