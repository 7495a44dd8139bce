#pragma once

#include <string>
#include <string_view>

#include "common/base/clock.h"

namespace tajo::access {

// Told how the vendors' limits are used. Thread-safe.
class QuotaObserver {
 public:
  virtual ~QuotaObserver() = default;
  // `quota`: jira_points, jira_burst, brevo_contacts and so on. Told also while the wait goes on.
  virtual void QuotaWaited(std::string_view quota, base::Duration waited) = 0;
  // Of an app's hour.
  virtual void JiraPointsLeft(const std::string& app, double points) = 0;
  // What Brevo's last answer said is left of a family's limit, 0 to 1.
  virtual void BrevoHeadroom(std::string_view family, double ratio) = 0;
};

}  // namespace tajo::access
