#include "services/sync-worker/people/people_work.h"

#include <algorithm>
#include <utility>

#include "common/base/error.h"
#include "common/retry/policy.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::worker {
namespace {

// How long a lost wake-up goes unnoticed.
constexpr std::chrono::minutes kEraseIdle{10};
constexpr std::chrono::milliseconds kWriteUnderWay{500};
constexpr std::chrono::minutes kRegisterIdle{10};
// Each try costs some of Brevo's 100 calls an hour.
constexpr std::chrono::hours kRegisterAfterFailure{1};
constexpr std::chrono::hours kReportAfterFailure{6};

}  // namespace

PeopleWork::PeopleWork(Parts parts)
    : parts_(std::move(parts)),
      eraser_(parts_.eraser),
      registration_(parts_.registration, parts_.public_url),
      erase_(parts_.clock),
      register_(parts_.clock),
      report_(parts_.clock) {}

void PeopleWork::AddLoops(std::vector<base::Task<void>>& loops) {
  loops.push_back(EraseLoop());
  if (!parts_.public_url.empty()) loops.push_back(RegisterLoop());
  if (parts_.reporter != nullptr) loops.push_back(ReportLoop());
}

void PeopleWork::Stop() {
  stopping_ = true;
  for (Signal* signal : {&erase_, &register_, &report_}) signal->Notify();
}

void PeopleWork::Failed(std::string_view what, const absl::Status& status) {
  if (base::ReasonOf(status) == jira::v1::LEASE_LOST) return;
  parts_.log.Warn("work for people's data failed", {{"connection", parts_.record.connection_id},
                                                    {"what", what},
                                                    {"reason", base::ReasonName(base::ReasonOf(status))},
                                                    {"error", std::string(status.message())}});
}

base::Task<void> PeopleWork::EraseLoop() {
  static constexpr retry::BackoffPolicy kBackoff{std::chrono::milliseconds(500), 2.0, std::chrono::seconds(60), 0.7,
                                                 1.3};
  int failures = 0;
  while (!stopping_) {
    auto outcome = co_await eraser_.Work();
    base::Duration wait = kEraseIdle;
    if (!outcome.ok()) {
      Failed("erasing", outcome.status());
      const base::Duration asked = std::chrono::milliseconds(base::RetryAfterMillis(outcome.status()));
      wait = std::max<base::Duration>(kBackoff.Delay(std::min(++failures, 10), parts_.random), asked);
    } else {
      failures = 0;
      if (outcome->erased) parts_.on_erased();
      if (outcome->waiting) wait = kWriteUnderWay;
    }
    if (!stopping_) co_await erase_.Wait(wait);
  }
}

base::Task<void> PeopleWork::RegisterLoop() {
  while (!stopping_) {
    const jira::v1::ConnectionState state = parts_.record.state;
    const bool works =
        state == jira::v1::ACTIVE || state == jira::v1::DEGRADED || state == jira::v1::NEEDS_REAUTHORIZATION;
    base::Duration wait = kRegisterIdle;
    if (works) {
      const int64_t now_ms = base::ToMillis(parts_.clock.Now());
      const absl::Status kept = co_await registration_.Keep(&parts_.record, parts_.credentials, now_ms);
      if (!kept.ok()) {
        Failed("webhook at Brevo", kept);
        wait = kRegisterAfterFailure;
      }
    }
    if (!stopping_) co_await register_.Wait(wait);
  }
}

base::Task<void> PeopleWork::ReportLoop() {
  while (!stopping_) {
    const jira::v1::ConnectionState state = parts_.record.state;
    base::Duration wait = kRegisterIdle;
    if (state == jira::v1::ACTIVE || state == jira::v1::DEGRADED) {
      auto next = co_await parts_.reporter->Work();
      if (!next.ok()) {
        Failed("report of accounts to Atlassian", next.status());
        wait = kReportAfterFailure;
      } else {
        wait = next->wait;
        if (next->closed) Wake();
      }
    }
    if (!stopping_) co_await report_.Wait(wait);
  }
}

}  // namespace tajo::worker
