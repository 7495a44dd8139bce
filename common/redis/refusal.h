#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace tajo::redis {

// The status for an error reply. REDIS_UNAVAILABLE where the command wasn't run and may pass later
// (LOADING, BUSY, READONLY, MASTERDOWN, …), else REDIS_REFUSED. Its message has Redis's own first
// word, and never an argument of the command.
absl::Status Refusal(std::string_view command_name, std::string_view error);

// The first word of the error reply that a status was made from ("WRONGTYPE", or what a script
// gave to redis.error_reply); empty for any other status.
std::string RefusalWord(const absl::Status& status);

absl::Status WithRefusalWord(absl::Status status, std::string_view word);

// "3999 127.0.0.1:6381" of a MOVED or ASK; empty for any other status.
std::string RedirectOf(const absl::Status& status);

}  // namespace tajo::redis
