#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/net/http_server.h"

namespace tajo::brevo_sim {

struct Account;

// One request, taken apart.
struct Call {
  std::string method;
  std::string raw_path;               // without "/v3"
  std::vector<std::string> segments;  // decoded
  std::vector<std::pair<std::string, std::string>> query;
  std::string_view body;
  std::shared_ptr<nlohmann::json> parsed;  // of a large body; discarded if it isn't JSON
  std::string host;
  int64_t now_ms = 0;

  std::optional<std::string> Parameter(std::string_view name) const;
  std::vector<std::string> Parameters(std::string_view name) const;
  int64_t Number(std::string_view name, int64_t otherwise) const;  // -1 if it isn't a number
};

Call TakeApart(const net::ServerRequest& request);
std::optional<int64_t> ToId(std::string_view text);

net::ServerResponse Json(int status, const nlohmann::json& body);
net::ServerResponse Empty(int status);
net::ServerResponse Error(int status, std::string_view code, std::string_view message);

}  // namespace tajo::brevo_sim
