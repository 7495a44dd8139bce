-- What GetStatus tells. KEYS[1] the connection's hash, ARGV[1] prefix of its keys (same hash tag).
-- Only reads. Answers lengths (events, dirty, outbox, dead, quarantine), counters, cursors.
local call, P = redis.call, ARGV[1]
return {
  call('XLEN', P .. 'events'), call('ZCARD', P .. 'dirty'), call('XLEN', P .. 'outbox'), call('XLEN', P .. 'dead'),
  call('XLEN', P .. 'quarantine'), call('HGETALL', P .. 'counters'), call('HGETALL', P .. 'cursors'),
}
