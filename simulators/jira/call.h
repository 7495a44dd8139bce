#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "common/net/http_server.h"
#include "simulators/jira/issue_json.h"
#include "simulators/jira/render.h"

namespace tajo::jira_sim {

using Answer = net::ServerResponse;

enum class Credential : uint8_t { kNone, kApiToken, kOauth };

// Who calls.
struct Principal {
  Credential credential = Credential::kNone;
  int64_t grant = 0;
  std::vector<std::string> scopes;
};

// A request on its way through the simulator.
struct Call {
  std::string method;
  std::string path;  // without /ex/jira/{cloudId}; not decoded
  std::vector<std::pair<std::string, std::string>> query;
  std::string_view body;
  std::string authorization;
  std::string content_type;
  bool gateway = false;  // came through /ex/jira/{cloudId}
  Principal principal;
  std::string_view pattern;             // of the route: names the endpoint
  std::vector<std::string> parameters;  // of the route's path, decoded
  Style style;

  // Points that this call costs an app; the handler adds the objects that it read.
  int64_t points = 1;

  std::optional<std::string_view> Query(std::string_view name) const;
  // Every value of that name, lists by comma taken apart.
  std::vector<std::string> QueryList(std::string_view name) const;
  int64_t QueryInt(std::string_view name, int64_t absent) const;
};

Answer JsonAnswer(int status, std::string body);
inline constexpr std::string_view kNoIssue = "Issue does not exist or you do not have permission to see it.";

// {"errorMessages":[message],"errors":{}}
Answer Refusal(int status, std::string_view message);
// 400 with the words of a status.
Answer Refusal(const absl::Status& status);
// {"code":401,"message":...}: the gateway's form
Answer GatewayRefusal(int status, std::string_view message);

class Violations;

// A key that a request's body may have.
struct BodyKey {
  enum class Type : uint8_t { kString, kBool, kInt, kStrings, kInts, kObject, kArray, kAny };
  std::string_view name;
  Type type;
  bool required = false;
};

// Parses a body whose schema allows no other keys. On anything else: the answer to give, counted.
std::optional<Answer> ReadBody(const Call& call, Violations& violations, std::initializer_list<BodyKey> keys,
                               nlohmann::json& body);

// A page by offset, as most lists of Jira are.
struct OffsetPage {
  int64_t start = 0;
  int64_t size = 0;  // after the endpoint's cap
};
OffsetPage ReadOffsetPage(const Call& call, int64_t absent, int64_t most);

}  // namespace tajo::jira_sim
