#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tajo::cli {

// Where a program says that it listens; what it doesn't have is empty.
struct Listening {
  std::string address;  // "127.0.0.1:50051"
  std::string metrics;
};

// From a service's log line {"message":"listening","listen":…,"metrics":…}, or a simulator's
// {"listening":"127.0.0.1:4000"}. Nothing for any other line.
std::optional<Listening> ParseListening(std::string_view line);

// What a log line says, for a person: a JSON line's message and error, any other line as it is.
std::string PlainLogLine(std::string_view line);

// Does a Redis answer PING at this unix socket, with its data loaded?
bool RedisAnswers(const std::string& socket_path);

}  // namespace tajo::cli
