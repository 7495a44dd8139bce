#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/redis/client.h"

struct redisReader;

namespace tajo::redis {

// Appends the command as an array of bulk strings, which is what a server reads.
void AppendCommand(const Args& command, std::string& out);

// What came over the wire: a reply, or the text of an error reply.
struct Answer {
  Reply reply;
  std::string error;  // "WRONGTYPE Operation against …"; empty: no error
};

// Takes bytes as they come and gives whole answers (RESP2, by hiredis's reader).
class ReplyReader {
 public:
  ReplyReader();
  ~ReplyReader();
  ReplyReader(const ReplyReader&) = delete;
  ReplyReader& operator=(const ReplyReader&) = delete;

  void Feed(std::string_view bytes);
  // The next whole answer; nothing when more bytes are needed; an error when the bytes aren't
  // Redis's protocol, after which the reader is of no more use.
  absl::StatusOr<std::optional<Answer>> Next();

 private:
  struct Build;  // hiredis's callbacks
  struct Free {
    void operator()(redisReader* reader) const;
  };

  Answer answer_;  // under construction
  std::unique_ptr<redisReader, Free> reader_;
};

}  // namespace tajo::redis
