#pragma once

#include <chrono>
#include <string>

#include "common/base/random.h"

namespace tajo::simulation {

// How bad the network and Redis are during a schedule: shares of calls that each fault befalls.
struct Weather {
  std::chrono::milliseconds fastest{1};  // one way
  std::chrono::milliseconds slowest{40};

  // HTTP, either vendor and our own ingest.
  double refused = 0;       // nothing was sent
  double lost = 0;          // sent, never arrived
  double answer_lost = 0;   // acted on, the answer never came
  double server_error = 0;  // 500, 502, 503 without effect
  double proxy_error = 0;   // 502, 504 although it was acted on
  double rate_limited = 0;  // 429 without effect
  double garbled = 0;       // a proxy cuts the body, and the message says that it's whole
  double slow = 0;          // takes up to the caller's time-out to arrive

  // Redis.
  double redis_away = 0;         // not sent
  double redis_lost = 0;         // sent, never arrived
  double redis_answer_lost = 0;  // done, the answer never came
  double wake_lost = 0;          // a published wake-up that nobody heard

  // Jira's webhooks; they are sent again for a while after a failure.
  double webhook_twice = 0;
  double webhook_held = 0;  // arrives late, behind others

  // No faults at all.
  static Weather Calm() { return {}; }
  // Some schedules see little, some much, some one kind only.
  static Weather Drawn(base::Random& random);

  std::string ToString() const;
};

}  // namespace tajo::simulation
