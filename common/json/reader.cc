#include "common/json/reader.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/json/time.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::json {
namespace {

std::string_view KindOf(const nlohmann::json* value) {
  if (value == nullptr) return "nothing";
  switch (value->type()) {
    case nlohmann::json::value_t::null:
      return "null";
    case nlohmann::json::value_t::object:
      return "an object";
    case nlohmann::json::value_t::array:
      return "an array";
    case nlohmann::json::value_t::string:
      return "a string";
    case nlohmann::json::value_t::boolean:
      return "a boolean";
    case nlohmann::json::value_t::number_integer:
    case nlohmann::json::value_t::number_unsigned:
    case nlohmann::json::value_t::number_float:
      return "a number";
    case nlohmann::json::value_t::binary:
    case nlohmann::json::value_t::discarded:
      break;
  }
  return "something else";
}

}  // namespace

Reader::Reader(const nlohmann::json& document, base::Reason reason) : value_(&document), reason_(reason) {}

Reader::Reader(const nlohmann::json& document) : Reader(document, jira::v1::REQUEST_INVALID) {}

Reader::Reader(const nlohmann::json* value, base::Reason reason, std::string path)
    : value_(value), reason_(reason), path_(std::move(path)) {}

Reader Reader::Child(std::string_view key) const {
  std::string path = path_;
  if (!path.empty()) path += '.';
  path += key;
  const nlohmann::json* child = nullptr;
  if (IsObject()) {
    const auto found = value_->find(key);
    if (found != value_->end()) child = &*found;
  }
  return {child, reason_, std::move(path)};
}

Reader Reader::At(std::size_t index) const {
  const nlohmann::json* element = IsArray() && index < value_->size() ? &(*value_)[index] : nullptr;
  return {element, reason_, fmt::format("{}[{}]", path_, index)};
}

std::vector<Reader> Reader::Items() const {
  std::vector<Reader> items;
  if (!IsArray()) return items;
  items.reserve(value_->size());
  for (std::size_t i = 0; i < value_->size(); ++i) items.push_back(At(i));
  return items;
}

std::vector<std::string> Reader::Keys() const {
  std::vector<std::string> keys;
  if (!IsObject()) return keys;
  for (const auto& member : value_->items()) keys.push_back(member.key());
  return keys;
}

bool Reader::Has(std::string_view key) const {
  return Child(key).Exists();
}
bool Reader::Exists() const {
  return value_ != nullptr && !value_->is_null();
}
bool Reader::IsObject() const {
  return value_ != nullptr && value_->is_object();
}
bool Reader::IsArray() const {
  return value_ != nullptr && value_->is_array();
}

std::optional<std::string> Reader::String() const {
  if (value_ == nullptr || !value_->is_string()) return std::nullopt;
  return value_->get_ref<const std::string&>();
}

std::optional<bool> Reader::Bool() const {
  if (value_ == nullptr || !value_->is_boolean()) return std::nullopt;
  return value_->get<bool>();
}

std::optional<int64_t> Reader::Int64() const {
  if (value_ == nullptr || !value_->is_number()) return std::nullopt;
  if (value_->is_number_float()) {
    const double number = value_->get<double>();
    constexpr double kLimit = 9223372036854775808.0;  // 2^63
    if (!(number >= -kLimit && number < kLimit) || number != std::floor(number)) return std::nullopt;
    return static_cast<int64_t>(number);
  }
  if (value_->is_number_unsigned() &&
      value_->get<uint64_t>() > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    return std::nullopt;
  }
  return value_->get<int64_t>();
}

std::optional<double> Reader::Double() const {
  if (value_ == nullptr || !value_->is_number()) return std::nullopt;
  return value_->get<double>();
}

std::optional<std::string> Reader::Id() const {
  if (auto text = String()) return text->empty() ? std::nullopt : text;
  if (const auto number = Int64()) return std::to_string(*number);
  return std::nullopt;
}

std::optional<int64_t> Reader::Time() const {
  if (const auto text = String()) return ParseJiraTime(*text);
  if (const auto millis = Int64()) return ParseJiraTime(*millis);
  return std::nullopt;
}

absl::Status Reader::Unexpected(std::string_view expected) const {
  return base::Error(reason_, fmt::format("{}: expected {}, found {}", path_.empty() ? "the document" : path_, expected,
                                          KindOf(value_)));
}

absl::StatusOr<std::string> Reader::RequireString(std::string_view key) const {
  const Reader child = Child(key);
  if (auto text = child.String()) return *std::move(text);
  return child.Unexpected("a string");
}

absl::StatusOr<bool> Reader::RequireBool(std::string_view key) const {
  const Reader child = Child(key);
  if (const auto value = child.Bool()) return *value;
  return child.Unexpected("true or false");
}

absl::StatusOr<int64_t> Reader::RequireInt64(std::string_view key) const {
  const Reader child = Child(key);
  if (const auto value = child.Int64()) return *value;
  return child.Unexpected("a whole number");
}

absl::StatusOr<std::string> Reader::RequireId(std::string_view key) const {
  const Reader child = Child(key);
  if (auto id = child.Id()) return *std::move(id);
  return child.Unexpected("an id (a string or a whole number)");
}

absl::StatusOr<int64_t> Reader::RequireTime(std::string_view key) const {
  const Reader child = Child(key);
  if (const auto millis = child.Time()) return *millis;
  return child.Unexpected("a time (ISO 8601 or milliseconds)");
}

absl::StatusOr<Reader> Reader::RequireObject(std::string_view key) const {
  Reader child = Child(key);
  if (!child.IsObject()) return child.Unexpected("an object");
  return child;
}

absl::StatusOr<std::vector<Reader>> Reader::RequireArray(std::string_view key) const {
  const Reader child = Child(key);
  if (!child.IsArray()) return child.Unexpected("an array");
  return child.Items();
}

}  // namespace tajo::json
