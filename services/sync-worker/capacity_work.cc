#include "services/sync-worker/capacity_work.h"

#include <map>
#include <utility>
#include <vector>

#include "common/base/ascii.h"
#include "common/base/error.h"
#include "common/deciding/timeline.h"
#include "common/json/time.h"

namespace tajo::worker {
namespace {

constexpr int64_t kCountEveryMs = 24ll * 60 * 60 * 1000;
constexpr int64_t kHourMs = 60ll * 60 * 1000;
constexpr char kCursorTold[] = "capacity_told_day";

}  // namespace

base::Task<absl::Status> CapacityWork::Keep(const bool& stopping) {
  TAJO_CO_ASSIGN_OR_RETURN(store::Capacity capacity,
                           co_await store::ReadCapacity(parts_.redis, parts_.record.connection_id));
  const int64_t now_ms = base::ToMillis(parts_.clock.Now());
  if (capacity.counted_ms + kCountEveryMs <= now_ms) {
    store::Recount recount;
    while (!recount.done) {
      if (stopping) co_return absl::OkStatus();
      TAJO_CO_ASSIGN_OR_RETURN(recount, co_await store::RecountCapacity(parts_.store, now_ms));
    }
    if (capacity.counted_ms != 0 && recount.wrong > 0) {
      parts_.log.Warn("sums of open work were wrong and have been counted anew",
                      {{"connection", parts_.record.connection_id}, {"sums", recount.wrong}});
    }
    TAJO_CO_ASSIGN_OR_RETURN(capacity, co_await store::ReadCapacity(parts_.redis, parts_.record.connection_id));
  }
  std::map<uint64_t, int64_t> by_assignee;
  for (const store::Workload& work : capacity.workloads) {
    if (work.assignee_hash != 0) by_assignee[work.assignee_hash] += work.open_issues;
  }
  parts_.instruments.OpenIssues(parts_.record.connection_id, by_assignee);
  co_return absl::OkStatus();
}

base::Task<absl::Status> CapacityWork::TellLead() {
  const jira::v1::CapacitySettings& settings = parts_.record.config.capacity();
  const int64_t now_ms = base::ToMillis(parts_.clock.Now());
  const std::string day = json::FormatDate(now_ms);
  const bool early = now_ms / kHourMs % 24 < settings.snapshot_hour();
  if (settings.snapshot_to().empty() || early || day == told_day_) co_return absl::OkStatus();
  TAJO_CO_ASSIGN_OR_RETURN(auto cursors, co_await parts_.store.Cursors());
  if (cursors[kCursorTold] == day) {
    told_day_ = day;
    co_return absl::OkStatus();
  }
  TAJO_CO_ASSIGN_OR_RETURN(const store::Capacity capacity,
                           co_await store::ReadCapacity(parts_.redis, parts_.record.connection_id));
  if (capacity.counted_ms == 0) co_return absl::OkStatus();
  TAJO_CO_ASSIGN_OR_RETURN(const std::string email, co_await EmailOf(settings.snapshot_to()));
  store::Application application;
  application.cursors[kCursorTold] = day;
  if (email.empty()) {
    parts_.log.Warn("today's capacity snapshot has no address: Jira doesn't show the lead's e-mail",
                    {{"connection", parts_.record.connection_id}});
  } else {
    store::ContactReset& lead = application.contacts.emplace_back();
    lead.contact = store::ContactId::OfEmail(email);
    lead.contact_is = store::ContactReset::For::kCreate;
    lead.desired.set_email(email);
    application.outbox.push_back(
        deciding::CapacityEvent(lead.contact, parts_.record.config.site_url(), day, capacity, now_ms));
    application.outbox.back().set_queued_ms(now_ms);
  }
  const auto applied = co_await parts_.store.Apply(std::move(application));
  if (!applied.ok()) co_return applied.status();
  told_day_ = day;
  parts_.wake_writers();
  co_return absl::OkStatus();
}

base::Task<absl::StatusOr<std::string>> CapacityWork::EmailOf(std::string lead) {
  if (lead.find('@') != std::string::npos) co_return base::LowerCase(lead);
  std::vector<std::string> ids(1, std::move(lead));
  TAJO_CO_ASSIGN_OR_RETURN(const auto users, co_await parts_.jira.UsersByAccountId(std::move(ids)));
  co_return users.empty() ? std::string() : base::LowerCase(users.front().email());
}

}  // namespace tajo::worker
