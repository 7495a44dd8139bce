#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "common/base/secret.h"

namespace tajo::jira_sim {

struct Options {
  std::string listen = "127.0.0.1:0";
  uint64_t seed = 1;
  uint32_t issues = 5000;
  uint32_t customers = 1000;
  std::vector<std::string> projects{"SUPPORT", "PRODUCT"};
  std::string site_host{};  // of self links; empty: the simulator's own address
  std::string time_zone = "America/New_York";
  std::string email = "ops@example.com";
  base::Secret api_token{"sim-token"};
  std::string client_id = "sim-client";
  base::Secret client_secret{"sim-client-secret"};
  std::string cloud_id = "11223344-a1b2-4b33-8c44-1234567890ab";
  bool limits = true;  // bursts, points and writes of one issue
  int64_t points_per_hour = 65'000;
  bool anonymous_search = false;                  // bad credentials: 200 with nothing instead of 401
  bool agile_removed = true;                      // issues of boards and sprints under /rest/agile are gone
  std::chrono::milliseconds retry_base{300'000};  // first wait before a webhook is sent again
  std::chrono::milliseconds token_ttl = std::chrono::days(7);
};

}  // namespace tajo::jira_sim
