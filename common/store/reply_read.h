#pragma once

#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "common/redis/client.h"

namespace tajo::store {

// The reply of HGETALL (or a script's like) as a map.
std::map<std::string, std::string> FieldsOf(const redis::Reply& reply);
// The value of a field, "" where it is missing; NumberOf: 0 where it is missing or no number.
std::string TextOf(const std::map<std::string, std::string>& fields, const std::string& name);
int64_t NumberOf(const std::map<std::string, std::string>& fields, const std::string& name);
int64_t ToNumber(std::string_view text);

// Scripts answer with one of these words instead of a value where they refuse.
inline constexpr std::string_view kLeaseLost = "LEASE_LOST";
bool IsWord(const redis::Reply& reply, std::string_view word);
// LEASE_LOST if the script said so.
absl::Status CheckLease(const redis::Reply& reply);

}  // namespace tajo::store
