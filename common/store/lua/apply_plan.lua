-- Behind owner.lua and capacity.lua. Makes all that follows from some changes true, together with their
-- acknowledgement. ARGV[3] the plan (MessagePack, see apply.cc), ARGV[4] now in ms,
-- ARGV[5] the score that makes a contact dirty in the plan's lane.
local plan = cmsgpack.unpack(ARGV[3])
local acks, issues, resets, outbox, letters, counters, cursors, job, tombstones =
  plan[1], plan[2], plan[3], plan[4], plan[5], plan[6], plan[7], plan[8], plan[9]
local assignees, projects, milestones = plan[10], plan[11], plan[12]
local now = ARGV[4]
local sub, byte, number = string.sub, string.byte, struct.unpack
local NONE = string.rep('\0', 16)
local written, stale, queued, known, gone, erased_events = 0, 0, 0, 0, 0, 0

-- A repetition: nothing of it is left to do.
if #acks > 0 then
  local deleted = 0
  for first = 1, #acks, 500 do
    deleted = deleted + call('XDEL', P .. 'events', unpack(acks, first, math.min(first + 499, #acks)))
  end
  gone = #acks - deleted
  if deleted == 0 then return {0, 0, 0, 0, gone, 0, 0, {}, 0} end
  if call('EXISTS', P .. 'crashes') == 1 then
    for _, id in ipairs(acks) do call('HDEL', P .. 'crashes', id) end
  end
end

-- `marks`: the tombstones that somebody would have, one behind the other.
local someone_erased = call('EXISTS', P .. 'erased') == 1
local function has_tombstone(marks)
  for first = 1, someone_erased and #marks or 0, 16 do
    if call('SISMEMBER', P .. 'erased', sub(marks, first, first + 15)) == 1 then return true end
  end
  return false
end
local erased = {}
for i = 1, someone_erased and #tombstones or 0, 2 do
  erased[tombstones[i]] = has_tombstone(tombstones[i + 1])
end
local function is_erased(contact)
  return erased[contact] == true
end

-- Contacts that a ticket entered, left or changed: {lists changed, parts of the desired state by ticket}.
local touched, order = {}, {}
local function touch(contact)
  local entry = touched[contact]
  if not entry then
    entry = {lists = false, desired = {}}
    touched[contact] = entry
    order[#order + 1] = contact
  end
  return entry
end
local function count_list(contact, list, step)
  local left = call('HINCRBY', P .. 'contact:' .. contact, 'L' .. list, step)
  if left == 0 or (step == 1 and left == 1) then touch(contact).lists = true end
end

-- The ticket's customer is known by an account only: it waits until that one's e-mail is found.
local function park(id, account, tombstone)
  if has_tombstone(tombstone) then return end
  call('ZADD', P .. 'parked', 'NX', now, account)
  call('SADD', P .. 'parked:' .. account, id)
end

-- Parts of a packed record, see issue_record.h.
local function is_deleted(record) return byte(record, 33) % 2 == 1 end
local function is_listed(record, contact)
  return byte(record, 33) % 4 == 2 and contact ~= NONE
end
local function lacks_contact(record, contact)
  return byte(record, 33) % 4 == 2 and contact == NONE
end
local function list_of(record)
  local list = number('>I4', sub(record, 34, 37))
  return list
end
local function is_higher(a, b)  -- 8-byte numbers; strings compare by locale, so as numbers
  if a == b then return false end
  local x, y = number('>I8', a), number('>I8', b)
  return x > y
end

-- `capacity`, and what it is counted anew into while that is under way (see recount_capacity.lua).
local work, recounted, uncounted = {}, {}, {}
local recounting = call('EXISTS', P .. 'capacity:recount') == 1
local function move_work(bucket, old, record)
  if old and sub(old, 33) == sub(record, 33) then return end
  if old then count_work(work, old, -1) end
  count_work(work, record, 1)
  if not recounting then return end
  if uncounted[bucket] == nil then
    uncounted[bucket] = call('SISMEMBER', P .. 'capacity:todo', bucket) == 1
  end
  if uncounted[bucket] then return end
  if old then count_work(recounted, old, -1) end
  count_work(recounted, record, 1)
end

local more_issues, more_without = 0, 0
local buckets = {}
for _, issue in ipairs(issues) do
  local id, bucket, record, rank, desired, member, account, tombstone = unpack(issue)
  local key = P .. bucket
  local old = call('HGET', key, id)
  local contact = sub(record, 17, 32)
  if contact ~= NONE and is_erased(contact) then
    contact = NONE
    record = sub(record, 1, 16) .. NONE .. sub(record, 33)
  end
  local deleted = is_deleted(record)
  local is_stale, was_deleted = false, false
  if old then
    was_deleted = is_deleted(old)
    local older = is_higher(sub(old, 1, 8), sub(record, 1, 8))
    local verified = sub(record, 9, 16)
    if is_higher(sub(old, 9, 16), verified) then verified = sub(old, 9, 16) end
    if was_deleted and not deleted or older and not (deleted and not was_deleted) then
      is_stale = true
      if verified ~= sub(old, 9, 16) then
        call('HSET', key, id, sub(old, 1, 8) .. verified .. sub(old, 17))
      end
    else
      local version = older and sub(old, 1, 8) or sub(record, 1, 8)
      record = version .. verified .. sub(record, 17)
    end
  end
  if is_stale then
    stale = stale + 1
  else
    written = written + 1
    if record ~= old then
      call('HSET', key, id, record)
      move_work(bucket, old, record)
    end
    if not old and not buckets[bucket] then
      buckets[bucket] = true
      call('SADD', P .. 'buckets', bucket)
    end
    if deleted and not was_deleted then call('ZADD', P .. 'tombstones', now, id) end
    if not deleted and not old then more_issues = more_issues + 1 end
    if deleted and old and not was_deleted then more_issues = more_issues - 1 end

    local old_contact = old and sub(old, 17, 32) or NONE
    if old and lacks_contact(old, old_contact) then more_without = more_without - 1 end
    if lacks_contact(record, contact) then
      more_without = more_without + 1
      if account ~= '' then park(id, account, tombstone) end
    end

    local was_listed = old and is_listed(old, old_contact) or false
    local listed = is_listed(record, contact)
    local moved = was_listed ~= listed or was_listed and old_contact ~= contact
    local old_list, list = was_listed and list_of(old) or 0, listed and list_of(record) or 0
    if was_listed and moved then
      touch(old_contact)
      call('ZREM', P .. 'tickets:' .. old_contact, member)
    end
    if listed then
      call('ZADD', P .. 'tickets:' .. contact, rank, member)
      touch(contact).desired[member] = desired
    end
    if moved or old_list ~= list then
      if list ~= 0 then count_list(contact, list, 1) end
      if old_list ~= 0 then count_list(old_contact, old_list, -1) end
    end
  end
end

save_work(P .. 'capacity', work)
if recounting then save_work(P .. 'capacity:next', recounted) end

-- Names of what the sums are of, where they are new: {field, value, tombstone or '', ...}.
local function put_names(key, names)
  if #names == 0 then return end
  local fields, news = {}, {}
  for i = 1, #names, 3 do fields[#fields + 1] = names[i] end
  local stored = call('HMGET', key, unpack(fields))
  for i = 1, #fields do
    local value, tombstone = names[3 * i - 1], names[3 * i]
    if stored[i] ~= value and (tombstone == '' or call('SISMEMBER', P .. 'erased', tombstone) == 0) then
      news[#news + 1] = fields[i]
      news[#news + 1] = value
    end
  end
  if #news > 0 then call('HSET', key, unpack(news)) end
end
put_names(P .. 'assignees', assignees)
put_names(P .. 'project_keys', projects)

-- A desired state comes as its parts, see desired_codec.h. Says whether it or the last ticket is another now.
local function put_desired(key, parts, last_ticket)
  local names, values = {'s'}, {'s', last_ticket}
  for i, part in ipairs(parts) do
    names[i + 1] = 'd' .. i
    values[2 * i + 1], values[2 * i + 2] = names[i + 1], part
  end
  local stored = call('HMGET', key, unpack(names))
  local same = stored[1] == last_ticket
  for i, part in ipairs(parts) do same = same and stored[i + 1] == part end
  if same then return false end
  for i = #parts + 1, stored[2] and byte(stored[2], 1) or 0 do call('HDEL', key, 'd' .. i) end
  call('HSET', key, unpack(values))
  return true
end
local function mark_dirty(contact, key)
  call('HINCRBY', key, 'v', 1)
  call('ZADD', P .. 'dirty', 'LT', ARGV[5], contact)
end
local function top_of(contact)
  local top = call('ZREVRANGE', P .. 'tickets:' .. contact, 0, 0)[1]
  if not top then return nil, '0' end
  local id = number('>I8', top)
  return top, string.format('%.0f', id)
end

-- The contacts' last tickets, after all issues. `stale` keeps those that must be re-read until they are.
local had_stale = call('EXISTS', P .. 'stale') == 1
local reread = {}
for _, contact in ipairs(order) do
  local entry = touched[contact]
  local key = P .. 'contact:' .. contact
  local top, top_id = top_of(contact)
  local desired = top and entry.desired[top]
  local changed = entry.lists
  local current = true
  if desired then
    changed = put_desired(key, desired, top_id) or changed
  elseif (call('HGET', key, 's') or '0') ~= top_id then
    current = false
    reread[#reread + 1] = contact
    reread[#reread + 1] = tonumber(top_id)
    call('HSET', P .. 'stale', contact, top_id)
  end
  if had_stale and current then call('HDEL', P .. 'stale', contact) end
  -- Its ticket came and went within this plan: there is nothing to write of it.
  if not top and call('HEXISTS', key, 'd1') == 0 then
    call('UNLINK', key)
    changed = false
  end
  if changed then mark_dirty(contact, key) end
end

for _, reset in ipairs(resets) do
  local contact, expected, desired, create = unpack(reset)
  local key = P .. 'contact:' .. contact
  local _, top_id = top_of(contact)
  -- A contact that has neither a ticket nor a state isn't ours, unless it is to be; then what it has stays.
  local ours = top_id ~= '0' or call('HEXISTS', key, 'd1') == 1
  if create == '1' then ours = not ours end
  if top_id == expected and ours and not is_erased(contact) then
    if put_desired(key, desired, top_id) then mark_dirty(contact, key) end
    call('HDEL', P .. 'stale', contact)
  end
end

-- An event of a contact without a state (its only ticket was deleted before we read it) would wait for ever:
-- nobody writes that contact to Brevo.
local of_nobody = 0
-- Three days, since a change's time may differ by some ms between a webhook and the history.
for _, event in ipairs(outbox) do
  local uid, contact, body, day, day_before, day_after, life, day_name = unpack(event)
  if is_erased(contact) then
    erased_events = erased_events + 1
  elseif call('HEXISTS', P .. day, uid) == 1 or call('HEXISTS', P .. day_before, uid) == 1
    or call('HEXISTS', P .. day_after, uid) == 1 then
    known = known + 1
  elseif call('HEXISTS', P .. 'contact:' .. contact, 'd1') == 0 and call('HEXISTS', P .. 'stale', contact) == 0 then
    of_nobody = of_nobody + 1
  else
    queued = queued + 1
    call('HSET', P .. day, uid, 'q')
    if call('TTL', P .. day) == -1 then call('EXPIRE', P .. day, life) end
    call('XADD', P .. 'outbox', '*', 'e', body, 'u', uid, 'c', contact, 'd', day_name)
  end
end

-- Who was erased while their event waited leaves no letter.
for _, letter in ipairs(letters) do
  if not has_tombstone(letter[4]) then
    call('XADD', P .. 'dead', '*', 'r', letter[1], 'k', letter[2], 'n', letter[3])
  end
end
if more_issues ~= 0 then call('HINCRBY', P .. 'counters', 'issues', more_issues) end
if more_without ~= 0 then call('HINCRBY', P .. 'counters', 'without_contact', more_without) end
for i = 1, #counters, 2 do call('HINCRBY', P .. 'counters', counters[i], counters[i + 1]) end
if #cursors > 0 then call('HSET', P .. 'cursors', unpack(cursors)) end

-- Each once: {key, what is remembered of it, its campaign or ''}.
for _, milestone in ipairs(milestones) do
  local key, known_as, campaign = unpack(milestone)
  if call('HSETNX', P .. 'milestones', key, known_as) == 1 and campaign ~= '' then
    call('HSET', P .. 'campaigns', key, campaign)
  end
end

local cancelled = 0
if #job > 0 then
  local key = P .. 'job:' .. job[1]
  local state = call('HMGET', key, 'state', 'cancel')
  if state[1] ~= 'running' or state[2] == '1' then
    cancelled = 1
  elseif #job > 1 then
    call('HSET', key, unpack(job, 2))
  end
end
return {written, stale, queued, known, gone, cancelled, erased_events, reread, of_nobody}
