#pragma once

#include <string_view>

#include "common/base/clock.h"
#include "common/brevo/families.h"

namespace tajo::brevo {

// One HTTP exchange, for metrics and debug logs; holds nothing secret or personal.
struct Call {
  std::string_view endpoint;  // "POST /contacts", "PUT /contacts/{identifier}": static strings
  Family family = Family::kOther;
  int status = 0;         // 0: no answer
  base::Duration took{};  // without the wait for the quota
};

class Observer {
 public:
  virtual ~Observer() = default;
  virtual void OnCall(const Call& call) = 0;
};

}  // namespace tajo::brevo
