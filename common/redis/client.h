#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/task.h"

namespace tajo::redis {

// A reply of Redis, by value. Error replies don't get here: they become REDIS_REFUSED.
class Reply {
 public:
  using Array = std::vector<Reply>;
  Reply() = default;  // nil
  explicit Reply(int64_t value) : value_(value) {}
  explicit Reply(std::string value) : value_(std::move(value)) {}
  explicit Reply(Array value) : value_(std::move(value)) {}

  bool IsNil() const { return std::holds_alternative<std::monostate>(value_); }
  bool IsInteger() const { return std::holds_alternative<int64_t>(value_); }
  bool IsString() const { return std::holds_alternative<std::string>(value_); }
  bool IsArray() const { return std::holds_alternative<Array>(value_); }

  // Lenient reads: the neutral value ("", 0, {}) where the type is another. A number in a string counts.
  int64_t Integer() const;
  const std::string& String() const;
  const Array& Elements() const;
  std::string TakeString();

 private:
  friend class ReplyReader;  // fills arrays in place

  std::variant<std::monostate, int64_t, std::string, Array> value_;
};

using Args = std::vector<std::string>;

// A Lua script, known to Redis by its SHA-1. Made once, at start-up; must be idempotent or guarded,
// since a call whose answer was lost is repeated by callers.
class Script {
 public:
  explicit Script(std::string body);
  const std::string& Body() const { return body_; }
  const std::string& Sha() const { return sha_; }

 private:
  std::string body_;
  std::string sha_;
};

// One logical Redis. Commands issued in the same turn of the loop share a write (pipelining).
// Used from the one loop it was made for; calls may overlap; replies come in order of issue per node.
// Errors: REDIS_UNAVAILABLE (not sent), REDIS_AMBIGUOUS (sent, no answer), REDIS_REFUSED.
class Client {
 public:
  virtual ~Client() = default;
  // A whole command, e.g. {"HSET", key, field, value}; args[1] routes it.
  virtual base::Task<absl::StatusOr<Reply>> Execute(Args command) = 0;
  // EVALSHA, and on NOSCRIPT once more by EVAL. All keys share keys[0]'s hash tag.
  virtual base::Task<absl::StatusOr<Reply>> Run(const Script& script, Args keys, Args args) = 0;
};

// Messages of a channel; a hint only: what is published while the connection is down is gone.
class Subscriber {
 public:
  virtual ~Subscriber() = default;
  // Calls `on_message` for each message, reconnecting as needed, until cancelled.
  virtual base::Task<void> Run(std::string channel, std::function<void(std::string_view)> on_message) = 0;
};

}  // namespace tajo::redis
