-- Behind owner.lua and capacity.lua. One step of counting `capacity` anew from the issue records: exact while
-- changes go on, since apply_plan.lua adds a change to `capacity:next` too once the bucket of its issue has been
-- counted. ARGV[3] buckets a step, ARGV[4] now in ms, ARGV[5] the cursor to set at the end.
-- Answers {buckets left, how many fields were wrong (once none is left)}.
local NEXT, TODO, RUNNING = P .. 'capacity:next', P .. 'capacity:todo', P .. 'capacity:recount'
if call('EXISTS', RUNNING) == 0 then
  call('DEL', NEXT)
  call('SUNIONSTORE', TODO, P .. 'buckets')
  call('SET', RUNNING, ARGV[4])
end
local counted = {}
for _, bucket in ipairs(call('SPOP', TODO, ARGV[3])) do
  local issues = call('HGETALL', P .. bucket)
  for i = 2, #issues, 2 do count_work(counted, issues[i], 1) end
end
save_work(NEXT, counted)
local left = call('SCARD', TODO)
if left > 0 then return {left, 0} end

local right, wrong, assigned = {}, 0, {}
local fields = call('HGETALL', NEXT)
for i = 1, #fields, 2 do
  right[fields[i]] = fields[i + 1]
  local _, behind_project = varint({string.byte(fields[i], 1, -1)}, 1)
  assigned[string.sub(fields[i], behind_project)] = true
end
local kept = call('HGETALL', P .. 'capacity')
for i = 1, #kept, 2 do
  if right[kept[i]] ~= kept[i + 1] then wrong = wrong + 1 end
  right[kept[i]] = nil
end
for _ in pairs(right) do wrong = wrong + 1 end
call('DEL', P .. 'capacity', RUNNING)
if #fields > 0 then call('RENAME', NEXT, P .. 'capacity') end
-- Who has no open ticket left isn't remembered as an assignee.
for _, assignee in ipairs(call('HKEYS', P .. 'assignees')) do
  if not assigned[assignee] then call('HDEL', P .. 'assignees', assignee) end
end
call('HSET', P .. 'cursors', ARGV[5], ARGV[4])
return {0, wrong}
