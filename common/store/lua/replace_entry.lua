-- KEYS[1] the stream, ARGV[1] an entry's id. It goes, and ARGV[2], if there is one, comes at the end in its place;
-- nothing where it has gone already.
if redis.call('XDEL', KEYS[1], ARGV[1]) == 1 and ARGV[2] then redis.call('XADD', KEYS[1], '*', 'e', ARGV[2]) end
return 1
