-- Behind owner.lua, before the scripts that keep `capacity`: the open work of each assignee in each project.
-- A field is a project's id and an assignee's hash as they stand in a packed record (see issue_record.h): a varint
-- and 8 bytes, or none for nobody. Its value are the sums over their open tickets: how many, original estimate,
-- remaining, time spent (minutes), story points x 10; 8 bytes each.
local function varint(bytes, at)
  local part = bytes[at] or 0
  local value, factor = part, 128
  while part > 127 do
    at = at + 1
    part = bytes[at] or 0
    value = value + (part - 1) * factor
    factor = factor * 128
  end
  return value, at + 1
end

-- The field and the amounts of a record; nothing where it is no open work: deleted, not admitted, or done.
local function workload(record)
  local flags = string.byte(record, 33)
  if flags % 4 ~= 2 or flags % 16 >= 12 then return nil end
  local bytes = {string.byte(record, 38, -1)}
  local _, at = varint(bytes, 1)
  if flags % 32 >= 16 then at = at + 8 end
  local field = string.sub(record, 38, 36 + at)
  local original, remaining, spent, points
  original, at = varint(bytes, at)
  remaining, at = varint(bytes, at)
  spent, at = varint(bytes, at)
  points = varint(bytes, at)
  return field, original, remaining, spent, points
end

-- Adds (sign 1) or takes away (-1) a record in `changes`: field -> five amounts.
local function count_work(changes, record, sign)
  local field, original, remaining, spent, points = workload(record)
  if not field then return end
  local sums = changes[field]
  if not sums then
    sums = {0, 0, 0, 0, 0}
    changes[field] = sums
  end
  sums[1] = sums[1] + sign
  sums[2] = sums[2] + sign * original
  sums[3] = sums[3] + sign * remaining
  sums[4] = sums[4] + sign * spent
  sums[5] = sums[5] + sign * points
end

local function is_zero(sums)
  return sums[1] == 0 and sums[2] == 0 and sums[3] == 0 and sums[4] == 0 and sums[5] == 0
end

local function save_work(key, changes)
  local fields = {}
  for field, sums in pairs(changes) do
    if not is_zero(sums) then fields[#fields + 1] = field end
  end
  for first = 1, #fields, 1000 do
    local last = math.min(first + 999, #fields)
    local stored = call('HMGET', key, unpack(fields, first, last))
    local kept, gone = {}, {}
    for i = first, last do
      local sums, old = changes[fields[i]], stored[i - first + 1]
      if old then
        local a, b, c, d, e = struct.unpack('>i8i8i8i8i8', old)
        sums = {sums[1] + a, sums[2] + b, sums[3] + c, sums[4] + d, sums[5] + e}
      end
      if is_zero(sums) then
        gone[#gone + 1] = fields[i]
      else
        kept[#kept + 1] = fields[i]
        kept[#kept + 1] = struct.pack('>i8i8i8i8i8', unpack(sums))
      end
    end
    if #kept > 0 then call('HSET', key, unpack(kept)) end
    if #gone > 0 then call('HDEL', key, unpack(gone)) end
  end
end
