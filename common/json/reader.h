#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/error.h"

namespace tajo::json {

// Reads a vendor's JSON, typed and by path. It refers to the document, which must outlive it.
//
//   Reader issue(document, v1::JIRA_RESPONSE_INVALID);
//   TAJO_ASSIGN_OR_RETURN(std::string id, issue.RequireId("id"));
//   const auto status = issue.Child("fields").Child("status").String("name");
//
// Child and At never fail: below what is missing, everything is missing. What is named after a type
// alone is lenient: nothing when the value is missing, null or of another type. What begins with
// Require answers an error that names the path: "fields.status.name: expected a string, found a number".
class Reader {
 public:
  // `reason` is what the Require... errors carry.
  Reader(const nlohmann::json& document, base::Reason reason);
  explicit Reader(const nlohmann::json& document);  // REQUEST_INVALID

  Reader Child(std::string_view key) const;
  Reader At(std::size_t index) const;
  // The elements of an array; none when it isn't one.
  std::vector<Reader> Items() const;
  // The names of an object's members, in alphabetical order.
  std::vector<std::string> Keys() const;

  bool Has(std::string_view key) const;  // there and not null
  bool Exists() const;                   // there and not null
  bool IsObject() const;
  bool IsArray() const;

  std::optional<std::string> String() const;
  std::optional<bool> Bool() const;
  std::optional<int64_t> Int64() const;  // 3 and 3.0, not 3.5
  std::optional<double> Double() const;
  // An identifier: a string that isn't empty, or a whole number. Jira's webhooks and REST differ in it.
  std::optional<std::string> Id() const;
  // Milliseconds since 1970; see ParseJiraTime.
  std::optional<int64_t> Time() const;

  std::optional<std::string> String(std::string_view key) const { return Child(key).String(); }
  std::optional<bool> Bool(std::string_view key) const { return Child(key).Bool(); }
  std::optional<int64_t> Int64(std::string_view key) const { return Child(key).Int64(); }
  std::optional<double> Double(std::string_view key) const { return Child(key).Double(); }
  std::optional<std::string> Id(std::string_view key) const { return Child(key).Id(); }
  std::optional<int64_t> Time(std::string_view key) const { return Child(key).Time(); }
  std::vector<Reader> Items(std::string_view key) const { return Child(key).Items(); }

  absl::StatusOr<std::string> RequireString(std::string_view key) const;
  absl::StatusOr<bool> RequireBool(std::string_view key) const;
  absl::StatusOr<int64_t> RequireInt64(std::string_view key) const;
  absl::StatusOr<std::string> RequireId(std::string_view key) const;
  absl::StatusOr<int64_t> RequireTime(std::string_view key) const;
  absl::StatusOr<Reader> RequireObject(std::string_view key) const;
  absl::StatusOr<std::vector<Reader>> RequireArray(std::string_view key) const;

  // "issues[3].fields.status"; empty for the document itself.
  const std::string& Path() const { return path_; }
  // "issues[3].fields: expected `expected`, found a number", for shapes of the caller's own.
  absl::Status Unexpected(std::string_view expected) const;
  // Null when missing.
  const nlohmann::json* Raw() const { return value_; }

 private:
  Reader(const nlohmann::json* value, base::Reason reason, std::string path);

  const nlohmann::json* value_;  // null: missing
  base::Reason reason_;
  std::string path_;
};

}  // namespace tajo::json
