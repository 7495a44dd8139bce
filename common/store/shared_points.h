#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/task.h"
#include "common/redis/client.h"
#include "common/retry/line.h"
#include "common/retry/token_bucket.h"
#include "common/store/grant.h"

namespace tajo::store {

// An app's points of an hour, spent by all its connections in all processes:
// - evenly: backfill follows the clock, half a minute ahead at most, up to 96% of the quota, so that
//   live work always finds some; live work may run ahead, but for a quarter of what is to come;
// - fairly: where points are scarce, the connection that was given least goes first.
// What a call really cost corrects the estimate; Jira's word on what is used raises the count. Used from
// one loop.
class SharedPoints {
 public:
  struct Options {
    double points = 65'000;
    std::chrono::milliseconds period = std::chrono::hours(1);  // from the top of the hour in UTC
    std::chrono::milliseconds keeps_place{6'000};              // how long a connection that lacks points may be silent
  };
  // `app`: its id; the keys are "tajo:{app:<id>}:points...".
  SharedPoints(redis::Client& redis, base::Clock& clock, const std::string& app, Options options);

  struct Wish {
    std::string connection;
    std::string site;
    retry::Lane lane = retry::Lane::kLive;
    int cost = 1;
  };
  // Asks for the points of one call.
  base::Task<absl::StatusOr<Grant>> Draw(Wish wish);
  // The call cost so much more than was asked for (less: negative). Told to Redis with the next draw.
  void Settle(double more);
  // Jira's word: how much is left, and how much there is an hour; told to Redis with the next draw.
  void Tell(std::optional<double> remaining, std::optional<double> quota);
  // 429: nobody draws until then; with a site, nobody for that one.
  base::Task<absl::Status> Pause(std::string site, std::chrono::milliseconds duration);

  // As Redis last had it; nothing before the first draw.
  std::optional<double> Left() const { return left_; }

 private:
  base::Duration PausedFor(const std::string& site) const;
  redis::Args DrawArgs(const Wish& wish) const;
  Grant DrawAlone(double cost);
  void PutBackOldHand();
  int64_t Period() const;

  redis::Client& redis_;
  base::Clock& clock_;
  std::string prefix_;
  Options options_;
  // Drawn beyond a need; for whoever asks next.
  double in_hand_ = 0;
  base::MonotonicTime in_hand_since_{};
  double unsettled_ = 0;
  double told_used_ = -1;
  int64_t told_period_ = 0;
  double quota_ = 0;       // as far as known here
  double told_quota_ = 0;  // to be told
  int64_t period_ = 0;     // of the last draw, by Redis' clock
  std::optional<double> left_;
  std::map<std::string, base::MonotonicTime> paused_until_;  // by site; "": all
  std::optional<retry::TokenBucket> alone_;                  // while Redis is away
};

}  // namespace tajo::store
