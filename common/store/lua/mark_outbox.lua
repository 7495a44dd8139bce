-- Behind owner.lua. Moves outbox entries to a ledger state: q queued, s sending, h held; d sent and x
-- dead also end them. An entry that is gone has ended: nothing turns it back.
-- ARGV: state, now in ms, list of {entry id, ledger key, uid, ledger's life in s}, and for x the
-- letter, kind, reason.
local state, now = ARGV[3], ARGV[4]
for _, entry in ipairs(cmsgpack.unpack(ARGV[5])) do
  local id, ledger, uid, life = unpack(entry)
  local there
  if state == 'd' or state == 'x' then
    there = call('XDEL', P .. 'outbox', id) == 1
  else
    there = #call('XRANGE', P .. 'outbox', id, id) > 0
  end
  if there then
    call('HSET', P .. ledger, uid, state)
    if call('TTL', P .. ledger) == -1 then call('EXPIRE', P .. ledger, life) end
    if state == 's' then
      call('HSET', P .. 'sending', uid, now)
    elseif state ~= 'h' then
      call('HDEL', P .. 'sending', uid)
    end
    if state == 'x' then
      call('XADD', P .. 'dead', '*', 'r', ARGV[6], 'k', ARGV[7], 'n', ARGV[8])
    end
  end
end
return 'OK'
