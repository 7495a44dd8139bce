-- Behind owner.lua. Ends entries of `people`. ARGV[3] a list of {entry id, tombstone whose deletion in
-- Brevo is done or '', key of the report or '', report, its life in s}, ARGV[4] a list of contacts that
-- unsubscribed, ARGV[5] a list of events to append, ARGV[6] a list of tombstones to set, ARGV[7] one of
-- assignees to forget.
for _, tombstone in ipairs(cmsgpack.unpack(ARGV[6])) do call('SADD', P .. 'erased', tombstone) end
for _, assignee in ipairs(cmsgpack.unpack(ARGV[7])) do call('HDEL', P .. 'assignees', assignee) end
for _, contact in ipairs(cmsgpack.unpack(ARGV[4])) do call('SADD', P .. 'unsubscribed', contact) end
local appended = false
for _, entry in ipairs(cmsgpack.unpack(ARGV[3])) do
  local id, tombstone, report, text, life = unpack(entry)
  local was_there = call('XDEL', P .. 'people', id) == 1
  if tombstone ~= '' then call('HDEL', P .. 'erasing', tombstone) end
  if report ~= '' then call('SET', P .. report, text, 'EX', life) end
  -- A repetition appends nothing: what it would append is there or done.
  appended = appended or was_there
end
if appended then
  for _, event in ipairs(cmsgpack.unpack(ARGV[5])) do call('XADD', P .. 'people', '*', 'e', event) end
end
return 'OK'
