-- Behind owner.lua. Moves a job to another state; an end is final.
-- ARGV: id, state, reason, message, now in ms, life of an ended job in s
local id, state, now = ARGV[3], ARGV[4], ARGV[7]
local job = P .. 'job:' .. id
local before = call('HGET', job, 'state')
if not before then return 'MISSING' end
if before == state and state ~= 'running' then return 'OK' end
if before ~= 'queued' and before ~= 'running' then return before end
call('HSET', job, 'state', state, 'error_reason', ARGV[5], 'error_message', ARGV[6])
if state == 'running' then
  call('HSETNX', job, 'started_ms', now)
elseif state ~= 'queued' then
  call('HSET', job, 'ended_ms', now, 'waiting_for', '')
  call('EXPIRE', job, ARGV[8])
  call('ZREM', P .. 'jobs', id)
end
return 'OK'
