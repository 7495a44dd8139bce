#pragma once

#include <cstddef>
#include <string_view>

#include "common/base/clock.h"
#include "common/net/http_client.h"

namespace tajo::jira {

// One HTTP exchange, for metrics and debug logs; holds nothing secret or personal.
struct CallReport {
  std::string_view endpoint;  // as Call::endpoint
  net::Method method = net::Method::kGet;
  int status = 0;         // 0: no answer
  base::Duration took{};  // without the wait for the quota
  std::size_t bytes = 0;  // of the answer's body
};

class Observer {
 public:
  virtual ~Observer() = default;
  virtual void OnCall(const CallReport& report) = 0;
};

}  // namespace tajo::jira
