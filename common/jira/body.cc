#include "common/jira/body.h"

#include <nlohmann/json.hpp>

#include "common/json/parse.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::jira {

std::string Dump(const nlohmann::json& body) {
  return body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string BodyOf(const char* key, const nlohmann::json& value) {
  nlohmann::json body;
  body[key] = value;
  return Dump(body);
}

absl::StatusOr<nlohmann::json> ParseAnswer(const std::string& body) {
  auto document = json::ParseJson(body, v1::JIRA_RESPONSE_INVALID);
  if (!document.ok()) return base::Annotate(document.status(), "Jira's answer");
  return document;
}

}  // namespace tajo::jira
