#include "tests/simulation/redis_link.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <map>
#include <set>
#include <stdexcept>
#include <utility>

#include "common/redis/refusal.h"
#include "common/redis/script_call.h"

namespace tajo::simulation {
namespace {

// `sim:now` is the time in ms; `sim:expiry` says when keys end.
constexpr char kPrelude[] = R"lua(
local real = redis
local redis = setmetatable({}, {__index = real})
do
  local ask = real.call
  local function now() return tonumber(ask('GET', 'sim:now')) end
  local function expire(key, ms)
    if ask('EXISTS', key) == 0 then return 0 end
    ask('ZADD', 'sim:expiry', string.format('%.0f', now() + ms), key)
    return 1
  end
  local function remaining(key, unit)
    if ask('EXISTS', key) == 0 then return -2 end
    local at = ask('ZSCORE', 'sim:expiry', key)
    if not at then return -1 end
    return math.floor((tonumber(at) - now()) / unit)
  end
  local hooks = {
    TIME = function()
      local ms = now()
      return {string.format('%.0f', math.floor(ms / 1000)), string.format('%.0f', ms % 1000 * 1000)}
    end,
    EXPIRE = function(key, seconds) return expire(key, tonumber(seconds) * 1000) end,
    PEXPIRE = function(key, ms) return expire(key, tonumber(ms)) end,
    TTL = function(key) return remaining(key, 1000) end,
    PTTL = function(key) return remaining(key, 1) end,
    SET = function(key, value, ...)
      local rest, ms, given = {}, nil, {...}
      local i = 1
      while i <= #given do
        local word = string.upper(given[i])
        if word == 'PX' or word == 'EX' then
          ms = tonumber(given[i + 1]) * (word == 'EX' and 1000 or 1)
          i = i + 1
        else
          rest[#rest + 1] = given[i]
        end
        i = i + 1
      end
      local done = ask('SET', key, value, unpack(rest))
      if done then
        ask('ZREM', 'sim:expiry', key)
        if ms then expire(key, ms) end
      end
      return done
    end,
    XADD = function(key, ...)
      local given = {...}
      for i, word in ipairs(given) do
        if word == '*' then
          given[i] = string.format('%.0f-*', now())
          break
        end
      end
      return ask('XADD', key, unpack(given))
    end,
  }
  local function gone(name)
    return function(...)
      ask('ZREM', 'sim:expiry', ...)
      return ask(name, ...)
    end
  end
  hooks.DEL, hooks.UNLINK = gone('DEL'), gone('UNLINK')
  redis.call = function(name, ...)
    local hook = hooks[name]
    if hook then return hook(...) end
    return ask(name, ...)
  end
end
)lua";

constexpr char kTick[] = R"lua(
redis.call('SET', 'sim:now', ARGV[1])
local over = redis.call('ZRANGEBYSCORE', 'sim:expiry', '-inf', ARGV[1])
for _, key in ipairs(over) do
  redis.call('DEL', key)
  redis.call('ZREM', 'sim:expiry', key)
end
return #over
)lua";

constexpr char kCommand[] = "return redis.call(unpack(ARGV))";

const redis::Script& Tick() {
  static const redis::Script script(kTick);
  return script;
}
const redis::Script& TimedCommand() {
  static const redis::Script script(std::string(kPrelude) + kCommand);
  return script;
}
const redis::Script& WithPrelude(const redis::Script& script) {
  static auto& known = *new std::map<std::string, redis::Script>;
  auto found = known.find(script.Sha());
  if (found == known.end()) found = known.emplace(script.Sha(), redis::Script(kPrelude + script.Body())).first;
  return found->second;
}

bool DependsOnTime(const std::string& name) {
  static const auto& names =
      *new std::set<std::string>{"TIME", "EXPIRE", "PEXPIRE", "TTL", "PTTL", "SET", "XADD", "DEL", "UNLINK"};
  return names.contains(name);
}

int Connect(const std::string& path) {
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  if (fd < 0 || connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    throw std::runtime_error("can't connect to the simulation's Redis");
  }
  return fd;
}

}  // namespace

RedisLink::RedisLink(const std::string& socket_path) : fd_(Connect(socket_path)) {}

RedisLink::~RedisLink() {
  close(fd_);
}

redis::Answer RedisLink::Read() {
  while (true) {
    auto answer = reader_.Next();
    if (!answer.ok()) throw std::runtime_error("Redis doesn't speak its protocol");
    if (*answer) return **std::move(answer);
    std::array<char, 65536> bytes;
    const ssize_t size = read(fd_, bytes.data(), bytes.size());
    if (size <= 0) throw std::runtime_error("the simulation's Redis is gone");
    reader_.Feed({bytes.data(), static_cast<std::size_t>(size)});
  }
}

void RedisLink::Clear() {
  (void)Ask({"FLUSHALL"}, base::FromMillis(0));
  now_ms_ = -1;
}

absl::StatusOr<redis::Reply> RedisLink::Ask(const redis::Args& command, base::WallTime now) {
  const int64_t now_ms = base::ToMillis(now);
  const bool ticks = now_ms != now_ms_;
  out_.clear();
  if (ticks) redis::AppendCommand(redis::ScriptCommand("EVAL", Tick().Body(), {}, {std::to_string(now_ms)}), out_);
  now_ms_ = now_ms;
  redis::AppendCommand(command, out_);
  for (std::size_t sent = 0; sent < out_.size();) {
    const ssize_t size = write(fd_, out_.data() + sent, out_.size() - sent);
    if (size <= 0) throw std::runtime_error("the simulation's Redis is gone");
    sent += static_cast<std::size_t>(size);
  }
  if (ticks) {
    if (const redis::Answer ticked = Read(); !ticked.error.empty()) throw std::runtime_error("tick: " + ticked.error);
  }
  redis::Answer answer = Read();
  if (!answer.error.empty()) return redis::Refusal(command.front(), answer.error);
  return std::move(answer.reply);
}

absl::StatusOr<redis::Reply> RedisLink::RunAs(const redis::Script& script, const redis::Args& keys,
                                              const redis::Args& args, base::WallTime now) {
  auto reply = Ask(redis::ScriptCommand("EVALSHA", script.Sha(), keys, args), now);
  if (reply.ok() || redis::RefusalWord(reply.status()) != "NOSCRIPT") return reply;
  return Ask(redis::ScriptCommand("EVAL", script.Body(), keys, args), now);
}

absl::StatusOr<redis::Reply> RedisLink::Execute(const redis::Args& command, base::WallTime now) {
  return DependsOnTime(command.front()) ? RunAs(TimedCommand(), {}, command, now) : Ask(command, now);
}

absl::StatusOr<redis::Reply> RedisLink::Run(const redis::Script& script, const redis::Args& keys,
                                            const redis::Args& args, base::WallTime now) {
  return RunAs(WithPrelude(script), keys, args, now);
}

}  // namespace tajo::simulation
