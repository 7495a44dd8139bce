#include "services/sync-worker/registration.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "common/base/error.h"
#include "services/sync-worker/deciding/rules.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::worker {
namespace {

constexpr int64_t kDayMs = 24ll * 60 * 60 * 1000;
constexpr int64_t kLifeMs = 30 * kDayMs;

// All that dynamic webhooks can bring and that means something to us.
const std::vector<std::string>& Events() {
  static const auto& events = *new std::vector<std::string>{
      "jira:issue_created",    "jira:issue_updated",      "jira:issue_deleted",  "comment_created",
      "comment_updated",       "comment_deleted",         "sprint_started",      "sprint_closed",
      "jira:version_released", "jira:version_unreleased", "jira:version_deleted"};
  return events;
}

// In the subset of JQL that dynamic webhooks take; there is no "everything".
base::Task<absl::StatusOr<std::string>> Filter(jira::Client& jira, const jira::v1::ConnectionConfig& config) {
  std::vector<std::string> keys;
  for (const auto& project : config.projects()) keys.push_back(JqlQuote(project.key()));
  if (keys.empty()) {
    auto projects = co_await jira.Projects();
    if (!projects.ok()) co_return projects.status();
    for (const auto& project : *projects) keys.push_back(JqlQuote(project.key));
  }
  if (keys.empty()) {
    co_return base::Error(jira::v1::JIRA_PERMISSION_DENIED,
                          "no project is visible to this account: grant it the permission to browse projects");
  }
  co_return fmt::format("project IN ({})", fmt::join(keys, ", "));
}

}  // namespace

base::Task<absl::Status> KeepRegistered(jira::Client& jira, store::Connections& connections, std::string public_url,
                                        int64_t now_ms, store::ConnectionRecord* record) {
  const bool fresh = !record->webhook_ids.empty() && record->webhook_expires_ms - now_ms > kLifeMs / 2;
  if (fresh) co_return absl::OkStatus();
  if (!record->webhook_ids.empty()) {
    // Jira ignores ids that it has forgotten: only the list tells whether a refresh meant something.
    auto listed = co_await jira.ListWebhooks();
    if (!listed.ok()) co_return listed.status();
    const bool alive = std::all_of(record->webhook_ids.begin(), record->webhook_ids.end(), [&](int64_t id) {
      return std::any_of(listed->begin(), listed->end(), [id](const auto& webhook) { return webhook.id == id; });
    });
    if (alive) {
      auto expires = co_await jira.RefreshWebhooks(record->webhook_ids);
      if (!expires.ok()) co_return expires.status();
      record->webhook_expires_ms = *expires;
      co_return co_await connections.SetWebhooks(record->connection_id, record->webhook_ids, *expires);
    }
  }
  auto filter = co_await Filter(jira, record->config);
  if (!filter.ok()) co_return filter.status();
  jira::WebhookSpec spec;
  spec.events = Events();
  spec.jql_filter = *std::move(filter);
  std::vector<jira::WebhookSpec> specs(1, std::move(spec));
  auto registered = co_await jira.RegisterWebhooks(public_url + "/webhooks/jira", std::move(specs));
  if (!registered.ok()) co_return registered.status();
  std::vector<int64_t> ids;
  for (const auto& registration : *registered) {
    if (!registration.id) {
      co_return base::Error(jira::v1::JIRA_REQUEST_INVALID,
                            fmt::format("Jira did not register the webhook: {}", fmt::join(registration.errors, "; ")));
    }
    ids.push_back(*registration.id);
  }
  record->webhook_ids = ids;
  record->webhook_expires_ms = now_ms + kLifeMs;
  co_return co_await connections.SetWebhooks(record->connection_id, std::move(ids), record->webhook_expires_ms);
}

}  // namespace tajo::worker
