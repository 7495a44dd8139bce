#include "services/sync-worker/writing/slow_work.h"

#include <algorithm>
#include <utility>

#include "common/base/error.h"
#include "common/retry/policy.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::worker {
namespace {

// How long a lost wake-up, or a change of the connection's state, goes unnoticed.
constexpr std::chrono::minutes kIdle{5};
// What comes together is looked for together, and a busy stream costs one look a second.
constexpr std::chrono::seconds kBetweenLooks{1};

}  // namespace

std::string AccountAttribute(const jira::v1::ConnectionConfig& config) {
  for (const auto& mapping : config.field_mapping()) {
    if (mapping.source() == "accountId") return mapping.attribute();
  }
  return "";
}

SlowWork::SlowWork(Parts parts)
    : parts_(std::move(parts)),
      parked_(parts_.parked),
      audit_(parts_.audit),
      parked_due_(parts_.clock),
      pace_(parts_.clock),
      audit_due_(parts_.clock) {}

void SlowWork::AddLoops(std::vector<base::Task<void>>& loops) {
  loops.push_back(ParkedLoop());
  loops.push_back(AuditLoop());
}

void SlowWork::Stop() {
  stopping_ = true;
  for (Signal* signal : {&parked_due_, &pace_, &audit_due_}) signal->Notify();
}

bool SlowWork::Works() const {
  return parts_.record.state == jira::v1::ACTIVE || parts_.record.state == jira::v1::DEGRADED;
}

base::Duration SlowWork::Failed(std::string_view what, const absl::Status& status, int failures) {
  static constexpr retry::BackoffPolicy kBackoff{std::chrono::seconds(2), 2.0, std::chrono::minutes(10), 0.7, 1.3};
  const base::Duration delay = kBackoff.Delay(std::min(failures, 12), parts_.random);
  if (base::ReasonOf(status) == jira::v1::LEASE_LOST) return delay;
  parts_.log.Warn("slow work of a connection failed", {{"connection", parts_.record.connection_id},
                                                       {"what", what},
                                                       {"reason", base::ReasonName(base::ReasonOf(status))},
                                                       {"error", std::string(status.message())}});
  return std::max<base::Duration>(delay, std::chrono::milliseconds(base::RetryAfterMillis(status)));
}

base::Task<void> SlowWork::ParkedLoop() {
  int failures = 0;
  while (!stopping_) {
    base::Duration wait = kIdle;
    bool at_once = false;
    if (Works()) {
      auto outcome = co_await parked_.Work();
      failures = outcome.ok() ? 0 : failures + 1;
      if (!outcome.ok()) wait = Failed("customers of parked tickets", outcome.status(), failures);
      at_once = outcome.ok() && outcome->more;
      if (outcome.ok() && outcome->released) parts_.events_came();
    }
    if (!at_once && !stopping_) co_await parked_due_.Wait(wait);
    if (!stopping_) co_await pace_.Wait(kBetweenLooks);
  }
}

base::Task<void> SlowWork::AuditLoop() {
  int failures = 0;
  while (!stopping_) {
    base::Duration wait = kIdle;
    if (Works()) {
      auto outcome = co_await audit_.Work();
      failures = outcome.ok() ? 0 : failures + 1;
      wait = outcome.ok() ? outcome->wait : Failed("audit", outcome.status(), failures);
      if (outcome.ok() && outcome->mended > 0) parts_.contacts_dirty();
      if (outcome.ok() && outcome->looked_for) Wake();
    }
    if (!stopping_) co_await audit_due_.Wait(wait);
  }
}

}  // namespace tajo::worker
