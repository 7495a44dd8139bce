-- Puts dead letters back where they came from, together with their removal from `dead`. Beside a running
-- owner: a letter that is gone by now was replayed or erased by somebody else.
-- KEYS[1] the stream `dead`. ARGV: prefix (same hash tag), now in ms, the high water of `events`, '1' to only
-- say what would be done, list (MessagePack) of {entry id, kind, tombstones of its people one behind the
-- other, ...}, with more for event: payload; contact: contact; timeline: event, uid, contact, its
-- ledger key, those of the days around it, the ledger's life in s, day.
-- Answers {lease, for each letter: r replayed | d nothing left to do | e erased | g gone | f no room}.
local call, P, now, dry = redis.call, ARGV[1], ARGV[2], ARGV[4] == '1'
local room = tonumber(ARGV[3]) - call('XLEN', P .. 'events')
local answer = {call('GET', P .. 'lease') or ''}
local some_erased = call('EXISTS', P .. 'erased') == 1
local there = call('EXISTS', P .. 'connection') == 1

local function is_erased(marks)
  for first = 1, some_erased and #marks or 0, 16 do
    if call('SISMEMBER', P .. 'erased', string.sub(marks, first, first + 15)) == 1 then return true end
  end
  return false
end

local function replay_event(payload)
  if room <= 0 then return 'f' end
  room = room - 1
  if not dry then call('XADD', P .. 'events', '*', 'e', payload) end
  return 'r'
end

-- The state as it is now, which is newer than the letter's.
local function replay_contact(contact)
  local key = P .. 'contact:' .. contact
  if call('EXISTS', key) == 0 then return 'd' end
  if not dry then
    call('HINCRBY', key, 'v', 1)
    call('ZADD', P .. 'dirty', 'LT', now, contact)
  end
  return 'r'
end

local function replay_timeline(event, uid, contact, day, day_before, day_after, life, day_name)
  if call('EXISTS', P .. 'contact:' .. contact) == 0 then return 'd' end
  for _, key in ipairs({day, day_before, day_after}) do
    local state = call('HGET', P .. key, uid)
    if state and state ~= 'x' then return 'd' end
  end
  if not dry then
    call('HSET', P .. day, uid, 'q')
    if call('TTL', P .. day) == -1 then call('EXPIRE', P .. day, life) end
    call('XADD', P .. 'outbox', '*', 'e', event, 'u', uid, 'c', contact, 'd', day_name)
  end
  return 'r'
end

local replay = {event = replay_event, contact = replay_contact, timeline = replay_timeline}
for _, letter in ipairs(cmsgpack.unpack(ARGV[5])) do
  local id, kind, marks = letter[1], letter[2], letter[3]
  local outcome
  if not there or #call('XRANGE', KEYS[1], id, id) == 0 then
    outcome = 'g'
  elseif is_erased(marks) then
    outcome = 'e'
  else
    outcome = replay[kind](unpack(letter, 4))
  end
  if not dry and (outcome == 'r' or outcome == 'd' or outcome == 'e') then call('XDEL', KEYS[1], id) end
  answer[#answer + 1] = outcome
end
return answer
