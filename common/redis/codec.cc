#include "common/redis/codec.h"

#include <fmt/format.h>
#include <hiredis/read.h>

#include <algorithm>
#include <charconv>
#include <new>
#include <utility>

#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::redis {
namespace {

namespace v1 = ::tajo::jira::v1;

// What a server claims to send isn't allocated before it comes.
constexpr int kTrustedElements = 1024;

void AppendHeader(char kind, std::size_t number, std::string& out) {
  char digits[24];
  const auto [end, error] = std::to_chars(digits, digits + sizeof(digits), number);
  out.push_back(kind);
  out.append(digits, static_cast<std::size_t>(end - digits));
  out.append("\r\n", 2);
}

}  // namespace

void AppendCommand(const Args& command, std::string& out) {
  AppendHeader('*', command.size(), out);
  for (const std::string& arg : command) {
    AppendHeader('$', arg.size(), out);
    out.append(arg);
    out.append("\r\n", 2);
  }
}

// hiredis names the array that an element belongs to by what our callback returned for it. That
// pointer may be to an element of a growing vector: a vector only grows after its last element is
// whole, when nobody asks for that element by pointer any more.
struct ReplyReader::Build {
  static ReplyReader& Self(const redisReadTask* task) { return *static_cast<ReplyReader*>(task->privdata); }

  static void* Place(const redisReadTask* task, Reply reply) {
    Reply* place = &Self(task).answer_.reply;
    if (task->parent != nullptr) {
      auto& siblings = std::get<Reply::Array>(static_cast<Reply*>(task->parent->obj)->value_);
      place = &siblings.emplace_back();
    }
    *place = std::move(reply);
    return place;
  }

  static void* String(const redisReadTask* task, char* text, size_t size) {
    if (task->type != REDIS_REPLY_ERROR) return Place(task, Reply(std::string(text, size)));
    // An error inside an array (EXEC, a script's table) makes the whole answer one: nobody could
    // tell it from a string.
    std::string& error = Self(task).answer_.error;
    if (error.empty()) error.assign(size == 0 ? std::string_view("ERR") : std::string_view(text, size));
    return Place(task, Reply());
  }

  static void* Array(const redisReadTask* task, int elements) {
    Reply::Array array;
    array.reserve(static_cast<std::size_t>(std::clamp(elements, 0, kTrustedElements)));
    return Place(task, Reply(std::move(array)));
  }

  static void* Integer(const redisReadTask* task, long long value) {
    return Place(task, Reply(static_cast<int64_t>(value)));
  }

  static void* Nil(const redisReadTask* task) { return Place(task, Reply()); }

  static void Discard(void*) {}  // answer_ owns what was built
};

void ReplyReader::Free::operator()(redisReader* reader) const {
  redisReaderFree(reader);
}

ReplyReader::ReplyReader() {
  static redisReplyObjectFunctions functions = {&Build::String, &Build::Array, &Build::Integer, &Build::Nil,
                                                &Build::Discard};
  reader_.reset(redisReaderCreateWithFunctions(&functions));
  if (reader_ == nullptr) throw std::bad_alloc();
  reader_->privdata = this;
}

ReplyReader::~ReplyReader() = default;

void ReplyReader::Feed(std::string_view bytes) {
  redisReaderFeed(reader_.get(), bytes.data(), bytes.size());
}

absl::StatusOr<std::optional<Answer>> ReplyReader::Next() {
  void* whole = nullptr;
  if (redisReaderGetReply(reader_.get(), &whole) != REDIS_OK) {
    // hiredis's text quotes the offending byte only.
    return base::Error(v1::REDIS_UNAVAILABLE, fmt::format("the other side doesn't speak Redis's protocol ({}): "
                                                          "check the host and port of --redis-url",
                                                          reader_->errstr));
  }
  if (whole == nullptr) return std::optional<Answer>();
  return std::optional<Answer>(std::exchange(answer_, Answer()));
}

}  // namespace tajo::redis
