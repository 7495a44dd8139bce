#pragma once

#include <chrono>
#include <optional>

#include "common/base/clock.h"
#include "common/jira/governor.h"

namespace tajo::jira {

// Jira's published burst limit of an endpoint and method, per site and second.
struct BurstLimit {
  double per_second = 100;
};
BurstLimit PublishedBurst(const Call& call);

// What a 429 asks for, and of what.
struct RateVerdict {
  enum class Scope {
    kEndpoint,  // a burst: this endpoint + method only
    kSite,      // the tenant's points: every call to this site
    kApp,       // the app's points: every call of the app, on all sites
    kIssue,     // too many writes to one issue
  };
  Scope scope = Scope::kEndpoint;
  std::chrono::milliseconds wait{};  // at least a second
};
// Nothing unless `status` is 429, or 503 with Retry-After. Beta- headers announce limits that aren't
// enforced yet and count for nothing. Without any word on how long: 2 s for a burst; for points the
// top of the next UTC hour, when they are given anew.
std::optional<RateVerdict> ReadRateLimit(int status, const net::Headers& headers, base::WallTime now);

// What is left of the hour's points, where Jira says so (above some 80% of use).
struct PointsLeft {
  double remaining = 0;
  std::chrono::seconds resets_in{};
  bool whole_app = false;  // global-app-quota, not the tenant's own
};
std::optional<PointsLeft> ReadPointsLeft(const net::Headers& headers);

// What any answer may tell of the app's own points, for the budget: also in the X-RateLimit- headers,
// and with the Beta- prefix of what is counted but not enforced yet.
struct PointsWord {
  std::optional<double> quota;
  std::optional<double> remaining;
};
PointsWord ReadPointsWord(int status, const net::Headers& headers);

}  // namespace tajo::jira
