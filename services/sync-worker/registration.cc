#include "services/sync-worker/registration.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "common/base/ascii.h"
#include "common/base/error.h"
#include "common/deciding/rules.h"
#include "common/retry/policy.h"
#include "common/store/locks.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::worker {
namespace {

constexpr int64_t kDayMs = 24ll * 60 * 60 * 1000;
constexpr int64_t kLifeMs = 30 * kDayMs;
constexpr std::chrono::hours kLookEvery{24};
constexpr std::chrono::minutes kAskAgain{15};  // after a refusal: each asking costs points
// Longer than a call under it takes, even when it is repeated; what waits longer finds the lock lost.
constexpr std::chrono::milliseconds kLockLife = std::chrono::minutes(3);
constexpr std::size_t kMostWebhooks = 5;  // of one user of an app on one site

// All that dynamic webhooks can bring and that means something to us.
const std::vector<std::string>& Events() {
  static const auto& events = *new std::vector<std::string>{
      "jira:issue_created",    "jira:issue_updated",      "jira:issue_deleted",  "comment_created",
      "comment_updated",       "comment_deleted",         "sprint_started",      "sprint_closed",
      "jira:version_released", "jira:version_unreleased", "jira:version_deleted"};
  return events;
}

bool Contains(const std::vector<int64_t>& ids, int64_t id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

bool SameEvents(std::vector<std::string> listed) {
  std::vector<std::string> wanted = Events();
  std::sort(wanted.begin(), wanted.end());
  std::sort(listed.begin(), listed.end());
  return listed == wanted;
}

// Whether it's only the limit that Jira refuses by. Its words for that are documented nowhere; a list
// that isn't full rules it out.
bool HasNoRoom(std::size_t listed, const std::vector<std::string>& errors) {
  return listed >= kMostWebhooks && std::all_of(errors.begin(), errors.end(), [](const std::string& error) {
           const std::string words = base::LowerCase(error);
           return words.find("maximum") != words.npos || words.find("limit") != words.npos;
         });
}

std::string_view NameOf(const absl::StatusOr<Registration>& outcome) {
  static constexpr std::string_view kNames[] = {"", "kept", "renewed", "registered", "busy"};
  return outcome.ok() ? kNames[static_cast<std::size_t>(*outcome)] : "failed";
}

// In the subset of JQL that dynamic webhooks take; there is no "everything".
base::Task<absl::StatusOr<std::string>> Filter(jira::Client& jira, const jira::v1::ConnectionConfig& config) {
  std::vector<std::string> keys;
  for (const auto& project : config.projects()) keys.push_back(deciding::JqlQuote(project.key()));
  if (keys.empty()) {
    auto projects = co_await jira.Projects();
    if (!projects.ok()) co_return projects.status();
    for (const auto& project : *projects) keys.push_back(deciding::JqlQuote(project.key));
  }
  if (keys.empty()) {
    co_return base::Error(jira::v1::JIRA_PERMISSION_DENIED,
                          "no project is visible to this account: grant it the permission to browse projects");
  }
  std::sort(keys.begin(), keys.end());  // it is compared with what Jira lists
  co_return fmt::format("project IN ({})", fmt::join(keys, ", "));
}

}  // namespace

WebhookRegistrar::WebhookRegistrar(const Parts& parts, std::string app_id, std::string url)
    : parts_(parts), app_id_(std::move(app_id)), url_(std::move(url)) {}

base::Task<absl::StatusOr<Registration>> WebhookRegistrar::Keep(store::ConnectionRecord* record) {
  const base::MonotonicTime now = parts_.clock.Monotonic();
  const bool fresh = !record->webhook_ids.empty() && record->webhook_expires_ms - NowMs() > kLifeMs / 2;
  if (fresh && looked_ && now - *looked_ < kLookEvery) co_return Registration::kNotDue;
  if (!refusal_.ok() && now - refused_ < kAskAgain) co_return refusal_;
  Lock lock;
  lock.key = fmt::format("tajo:{{site:{}}}:webhooks:{}", record->site_host, app_id_);
  auto token = co_await store::TakeLock(parts_.redis, parts_.random, lock.key, kLockLife);
  if (!token.ok()) co_return token.status();
  if (!*token) {
    parts_.instruments.Registered("busy");
    co_return Registration::kBusy;
  }
  lock.token = **token;
  auto outcome = co_await LookAndMend(lock, record);
  (void)co_await store::ReleaseLock(parts_.redis, lock.key, lock.token);  // else it runs out
  parts_.instruments.Registered(NameOf(outcome));
  refusal_ = absl::OkStatus();
  if (outcome.ok()) {
    if (*outcome != Registration::kBusy) looked_ = now;
  } else if (retry::Classify(outcome.status(), retry::Idempotency::kIdempotent) == retry::Fault::kPermanent) {
    refusal_ = outcome.status();
    refused_ = now;
  }
  co_return outcome;
}

base::Task<absl::StatusOr<bool>> WebhookRegistrar::Prolong(const Lock& lock) {
  redis::Args prolong = {"PEXPIRE", lock.key, std::to_string(kLockLife.count())};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply prolonged, co_await parts_.redis.Execute(std::move(prolong)));
  if (prolonged.Integer() == 0) co_return false;
  // Afterwards, for what is ours now was ours then; another's lasts a little longer, which is no harm.
  redis::Args read = {"GET", lock.key};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply holder, co_await parts_.redis.Execute(std::move(read)));
  co_return !holder.IsNil() && holder.String() == lock.token;
}

base::Task<absl::StatusOr<Registration>> WebhookRegistrar::LookAndMend(const Lock& lock,
                                                                       store::ConnectionRecord* record) {
  TAJO_CO_ASSIGN_OR_RETURN(std::string filter, co_await Filter(parts_.jira, record->config));
  TAJO_CO_ASSIGN_OR_RETURN(const std::vector<jira::RegisteredWebhook> listed, co_await parts_.jira.ListWebhooks());
  // Read behind the list, whose call may have waited: what was claimed meanwhile is no orphan.
  TAJO_CO_ASSIGN_OR_RETURN(const std::vector<int64_t> others, co_await ClaimedByOthers(*record));
  TAJO_CO_ASSIGN_OR_RETURN(const bool ours, co_await Prolong(lock));
  if (!ours) co_return Registration::kBusy;
  // One that fits and isn't stored as ours was registered just before a crash.
  const jira::RegisteredWebhook* kept = nullptr;
  std::vector<int64_t> former, orphans;
  for (const jira::RegisteredWebhook& webhook : listed) {
    if (Contains(others, webhook.id)) continue;
    const bool own = Contains(record->webhook_ids, webhook.id);
    const bool fits = webhook.url == url_ && webhook.jql_filter == filter && SameEvents(webhook.events);
    if (fits && (kept == nullptr || (own && !Contains(record->webhook_ids, kept->id)))) {
      if (kept != nullptr) orphans.push_back(kept->id);
      kept = &webhook;
    } else if (own) {
      former.push_back(webhook.id);
    } else if (webhook.url == url_) {
      orphans.push_back(webhook.id);
    }
  }
  const std::size_t left = listed.size() - orphans.size();
  if (!orphans.empty()) TAJO_CO_RETURN_IF_ERROR(co_await parts_.jira.DeleteWebhooks(std::move(orphans)));
  if (kept == nullptr) co_return co_await Register(std::move(filter), std::move(former), left, lock, record);

  Registration outcome = Registration::kKept;
  int64_t expires_ms = kept->expires_ms;
  std::vector<int64_t> ids(1, kept->id);
  if (expires_ms - NowMs() <= kLifeMs / 2) {
    // Jira ignores ids that it has forgotten; this one it has just listed.
    std::vector<int64_t> renewed = ids;
    TAJO_CO_ASSIGN_OR_RETURN(expires_ms, co_await parts_.jira.RefreshWebhooks(std::move(renewed)));
    outcome = kept->expires_ms > NowMs() ? Registration::kRenewed : Registration::kRegistered;
  }
  if (record->webhook_ids != ids || record->webhook_expires_ms != expires_ms) {
    TAJO_CO_RETURN_IF_ERROR(co_await Store(std::move(ids), expires_ms, record));
  }
  TAJO_CO_RETURN_IF_ERROR(co_await DeleteFormer(std::move(former), lock));
  co_return outcome;
}

base::Task<absl::StatusOr<Registration>> WebhookRegistrar::Register(std::string filter, std::vector<int64_t> former,
                                                                    std::size_t listed, const Lock& lock,
                                                                    store::ConnectionRecord* record) {
  jira::WebhookSpec spec;
  spec.events = Events();
  spec.jql_filter = std::move(filter);
  const std::vector<jira::WebhookSpec> specs(1, std::move(spec));
  // The new one before the former goes, so that no change falls between; unless Jira's limit of five
  // has no room for both.
  while (true) {
    TAJO_CO_ASSIGN_OR_RETURN(const bool ours, co_await Prolong(lock));
    if (!ours) co_return Registration::kBusy;
    std::vector<jira::WebhookSpec> asked = specs;
    TAJO_CO_ASSIGN_OR_RETURN(const std::vector<jira::WebhookRegistration> results,
                             co_await parts_.jira.RegisterWebhooks(url_, std::move(asked)));
    const jira::WebhookRegistration& result = results.front();
    if (result.id) {
      std::vector<int64_t> ids(1, *result.id);
      TAJO_CO_RETURN_IF_ERROR(co_await Store(std::move(ids), NowMs() + kLifeMs, record));
      break;
    }
    if (former.empty() || !HasNoRoom(listed, result.errors)) {
      co_return base::Error(jira::v1::JIRA_REQUEST_INVALID,
                            fmt::format("Jira did not register the webhook: {}", fmt::join(result.errors, "; ")));
    }
    TAJO_CO_RETURN_IF_ERROR(co_await parts_.jira.DeleteWebhooks(std::exchange(former, {})));
  }
  TAJO_CO_RETURN_IF_ERROR(co_await DeleteFormer(std::move(former), lock));
  co_return Registration::kRegistered;
}

base::Task<absl::Status> WebhookRegistrar::DeleteFormer(std::vector<int64_t> former, const Lock& lock) {
  if (former.empty()) co_return absl::OkStatus();
  TAJO_CO_ASSIGN_OR_RETURN(const bool ours, co_await Prolong(lock));
  if (!ours) co_return absl::OkStatus();
  co_return co_await parts_.jira.DeleteWebhooks(std::move(former));
}

base::Task<absl::StatusOr<std::vector<int64_t>>> WebhookRegistrar::ClaimedByOthers(
    const store::ConnectionRecord& record) {
  TAJO_CO_ASSIGN_OR_RETURN(std::vector<std::string> connections, co_await parts_.connections.OfSite(record.site_host));
  std::erase(connections, record.connection_id);
  std::vector<int64_t> ids;
  if (connections.empty()) co_return ids;
  TAJO_CO_ASSIGN_OR_RETURN(const std::vector<store::ConnectionRecord> records,
                           co_await parts_.connections.Many(std::move(connections)));
  for (const store::ConnectionRecord& other : records) {
    ids.insert(ids.end(), other.webhook_ids.begin(), other.webhook_ids.end());
  }
  co_return ids;
}

base::Task<absl::Status> WebhookRegistrar::Store(std::vector<int64_t> ids, int64_t expires_ms,
                                                 store::ConnectionRecord* record) {
  TAJO_CO_RETURN_IF_ERROR(co_await parts_.connections.SetWebhooks(record->connection_id, ids, expires_ms));
  record->webhook_ids = std::move(ids);
  record->webhook_expires_ms = expires_ms;
  co_return absl::OkStatus();
}

}  // namespace tajo::worker
