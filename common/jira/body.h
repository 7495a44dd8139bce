#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "absl/status/statusor.h"

// Only for .cc files of this folder.
namespace tajo::jira {

// As JSON text; never throws: what isn't UTF-8 is replaced.
std::string Dump(const nlohmann::json& body);

// {"key": value}. In coroutines g++ 12 can't compile the braces.
std::string BodyOf(const char* key, const nlohmann::json& value);

// An answer that is read by name; JIRA_RESPONSE_INVALID if it isn't JSON.
absl::StatusOr<nlohmann::json> ParseAnswer(const std::string& body);

}  // namespace tajo::jira
