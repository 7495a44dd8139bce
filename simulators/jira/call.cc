#include "simulators/jira/call.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "simulators/jira/violations.h"

namespace tajo::jira_sim {
namespace {

bool IsOf(const nlohmann::json& value, BodyKey::Type type) {
  const auto all = [&value](auto test) { return value.is_array() && std::all_of(value.begin(), value.end(), test); };
  switch (type) {
    case BodyKey::Type::kString:
      return value.is_string();
    case BodyKey::Type::kBool:
      return value.is_boolean();
    case BodyKey::Type::kInt:
      return value.is_number_integer();
    case BodyKey::Type::kStrings:
      return all([](const auto& item) { return item.is_string(); });
    case BodyKey::Type::kInts:
      return all([](const auto& item) { return item.is_number_integer(); });
    case BodyKey::Type::kObject:
      return value.is_object();
    case BodyKey::Type::kArray:
      return value.is_array();
    case BodyKey::Type::kAny:
      return true;
  }
  return false;
}

constexpr std::string_view kInvalidPayload =
    "Invalid request payload. Refer to the REST API documentation and try again.";

}  // namespace

std::optional<std::string_view> Call::Query(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::vector<std::string> Call::QueryList(std::string_view name) const {
  std::vector<std::string> out;
  for (const auto& [key, value] : query) {
    if (key != name) continue;
    std::size_t begin = 0;
    while (begin <= value.size()) {
      const std::size_t end = std::min(value.find(',', begin), value.size());
      if (end > begin) out.push_back(value.substr(begin, end - begin));
      begin = end + 1;
    }
  }
  return out;
}

int64_t Call::QueryInt(std::string_view name, int64_t absent) const {
  const auto text = Query(name);
  if (!text) return absent;
  int64_t number = absent;
  std::from_chars(text->data(), text->data() + text->size(), number);
  return number;
}

Answer JsonAnswer(int status, std::string body) {
  Answer answer;
  answer.status = status;
  answer.headers.Add("Content-Type", "application/json;charset=UTF-8");
  answer.body = std::move(body);
  return answer;
}

Answer Refusal(int status, std::string_view message) {
  std::string body;
  JsonWriter json(body);
  json.BeginObject().Key("errorMessages").BeginArray().String(message).EndArray();
  json.Key("errors").BeginObject().EndObject().EndObject();
  return JsonAnswer(status, std::move(body));
}

Answer Refusal(const absl::Status& status) {
  return Refusal(400, std::string_view(status.message().data(), status.message().size()));
}

Answer GatewayRefusal(int status, std::string_view message) {
  std::string body;
  JsonWriter json(body);
  json.BeginObject().Key("code").Int(status).Key("message").String(message).EndObject();
  return JsonAnswer(status, std::move(body));
}

std::optional<Answer> ReadBody(const Call& call, Violations& violations, std::initializer_list<BodyKey> keys,
                               nlohmann::json& body) {
  if (call.content_type.find("application/json") == std::string::npos) {
    violations.Count("content_type", fmt::format("{} {}: '{}'", call.method, call.path, call.content_type));
    return Refusal(415, "Unsupported Media Type");
  }
  body = nlohmann::json::parse(call.body, nullptr, false);
  if (!body.is_object()) {
    violations.Count("body_invalid", fmt::format("{} {}: not a JSON object", call.method, call.path));
    return Refusal(400, kInvalidPayload);
  }
  for (const auto& [name, value] : body.items()) {
    const auto known =
        std::find_if(keys.begin(), keys.end(), [&name = name](const auto& key) { return key.name == name; });
    if (known == keys.end()) {
      violations.Count("unknown_body_key", fmt::format("{} {}: '{}'", call.method, call.path, name));
      return Refusal(400, kInvalidPayload);
    }
    if (!value.is_null() && !IsOf(value, known->type)) {
      violations.Count("body_type", fmt::format("{} {}: '{}'", call.method, call.path, name));
      return Refusal(400, kInvalidPayload);
    }
  }
  for (const BodyKey& key : keys) {
    if (!key.required || body.contains(key.name)) continue;
    violations.Count("body_key_missing", fmt::format("{} {}: '{}'", call.method, call.path, key.name));
    return Refusal(400, kInvalidPayload);
  }
  for (auto it = body.begin(); it != body.end();) it = it->is_null() ? body.erase(it) : std::next(it);
  return std::nullopt;
}

OffsetPage ReadOffsetPage(const Call& call, int64_t absent, int64_t most) {
  return {.start = std::max<int64_t>(0, call.QueryInt("startAt", 0)),
          .size = std::clamp<int64_t>(call.QueryInt("maxResults", absent), 0, most)};
}

}  // namespace tajo::jira_sim
