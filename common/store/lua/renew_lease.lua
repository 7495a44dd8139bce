-- Behind owner.lua. ARGV[3] the lease's life in ms, ARGV[4] where the backfill lane's scores begin.
-- Answers: events, jobs, outbox, dirty live, dirty backfill, stale, id of the first event, generation,
-- requests of people.
call('PEXPIRE', KEYS[1], ARGV[3])
local events = call('XLEN', P .. 'events')
local first = events > 0 and call('XRANGE', P .. 'events', '-', '+', 'COUNT', 1)[1]
local dirty = call('ZCARD', P .. 'dirty')
local live = dirty > 0 and call('ZCOUNT', P .. 'dirty', '-inf', '(' .. ARGV[4]) or 0
return {
  events, call('ZCARD', P .. 'jobs'), call('XLEN', P .. 'outbox'),
  live, dirty - live, call('HLEN', P .. 'stale'), first and first[1] or '', call('HGET', P .. 'connection', 'generation') or '0',
  call('XLEN', P .. 'people'),
}
