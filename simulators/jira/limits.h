#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "simulators/jira/call.h"
#include "simulators/jira/options.h"
#include "simulators/jira/violations.h"

namespace tajo::jira_sim {

// Jira's three limits: bursts for each endpoint and method, points an hour for the OAuth app, writes
// to one issue. And whether clients keep away as long as a 429 told them to.
class Limits {
 public:
  Limits(const Options& options, Violations& violations)
      : options_(options), violations_(violations), points_limit_(options.points_per_hour), enforced_(options.limits) {}

  // The 429 for this call, if it is one too many. `pattern` names the endpoint.
  std::optional<Answer> Admit(const Call& call, std::string_view pattern, Millis now);
  // Books the points of a call that was served, and adds the headers that tell about them.
  void Charge(const Call& call, Answer& answer, Millis now);
  // A 429 that a fault made: its Retry-After counts as any other.
  void Pause(std::string_view reason, const Call& call, std::string_view pattern, int64_t retry_after_s, Millis now);

  void SetPoints(int64_t limit) { points_limit_ = limit; }
  void SetUsed(int64_t used, Millis now);
  void Enforce(bool on) { enforced_ = on; }
  int64_t Used() const { return used_; }

 private:
  struct Bucket {
    double tokens = 0;
    Millis filled = 0;
  };
  struct Silence {
    Millis since = 0;
    Millis until = 0;
  };

  void CountEarly(const std::string& key, const Call& call, Millis now);
  std::optional<Answer> AdmitWrite(const Call& call, Millis now);
  void RollHour(Millis now);

  const Options& options_;
  Violations& violations_;
  int64_t points_limit_;
  bool enforced_;
  int64_t used_ = 0;
  Millis hour_ = 0;
  std::map<std::string, Bucket, std::less<>> buckets_;
  std::map<std::string, Silence, std::less<>> silences_;
  std::map<std::string, std::deque<Millis>, std::less<>> issue_writes_;
};

}  // namespace tajo::jira_sim
