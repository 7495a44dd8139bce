#include "services/gateway/checks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "common/json/time.h"
#include "common/store/overview.h"
#include "common/store/policy.h"
#include "services/gateway/connect_request.h"
#include "services/gateway/directory.h"
#include "services/gateway/jql.h"
#include "services/gateway/render.h"
#include "services/gateway/verification.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::gateway {
namespace {

namespace v1 = ::tajo::jira::v1;

constexpr char kAuthentication[] = "API authentication successful";
constexpr char kProjectAccess[] = "Project access verified";
constexpr char kIssueSearch[] = "Issue search operational";
constexpr char kUserLookup[] = "User lookup available";
constexpr char kWebhook[] = "Webhook registration active";
constexpr char kBrevoAccount[] = "Brevo account verified";
constexpr char kRedisPolicy[] = "Redis policy safe";

constexpr int64_t kDayMs = 24ll * 60 * 60 * 1000;
// A site where nothing changes for so long is rare; one whose webhook is gone isn't.
constexpr int64_t kWebhookProofDays = 7;

}  // namespace

void CheckCalls::Add(v1::TestConnectionResponse& response, const char* name, Outcome outcome) {
  v1::Check& check = *response.add_checks();
  check.set_name(name);
  check.set_passed(outcome.status.ok());
  check.set_reason(base::ReasonOf(outcome.status));
  check.set_detail(outcome.status.ok() ? outcome.detail : std::string(outcome.status.message()));
}

base::Task<CheckCalls::Outcome> CheckCalls::Projects(jira::Client& jira, v1::ConnectionConfig config) {
  Outcome outcome;
  if (!config.projects().empty()) {
    const int count = config.projects_size();
    outcome.status = co_await CheckProjects(jira, std::move(config));
    outcome.detail = fmt::format("{} of {} projects visible", count, count);
    co_return outcome;
  }
  const auto projects = co_await jira.Projects();
  outcome.status = projects.status();
  if (projects.ok() && projects->empty()) {
    outcome.status = base::Error(v1::JIRA_PERMISSION_DENIED,
                                 "Jira shows this account no project: grant it the permission to browse projects");
  } else if (projects.ok()) {
    outcome.detail = fmt::format("{} projects visible", projects->size());
  }
  co_return outcome;
}

base::Task<CheckCalls::Outcome> CheckCalls::Search(jira::Client& jira, v1::ConnectionConfig config) {
  jira::IssueQuery query;
  query.jql = FilterJql(config);
  query.max_results = 1;
  std::vector<std::string> fields = {"summary"};
  const auto page = co_await jira.SearchRaw(std::move(query), std::move(fields));
  Outcome outcome;
  outcome.status = page.status();
  if (page.ok()) outcome.detail = page->issues.empty() ? "no issue matches the filters" : "issues match the filters";
  co_return outcome;
}

// By account id: a search by name needs a permission that the connector doesn't.
base::Task<CheckCalls::Outcome> CheckCalls::UserLookup(jira::Client& jira, std::string account_id) {
  std::vector<std::string> ids = {std::move(account_id)};
  const auto users = co_await jira.UsersByAccountId(std::move(ids));
  Outcome outcome;
  outcome.status = users.status();
  outcome.detail = "users are found by account id";
  if (users.ok() && users->empty()) {
    outcome.status = base::Error(v1::JIRA_PERMISSION_DENIED, "Jira doesn't find the account's own user");
  }
  co_return outcome;
}

base::Task<CheckCalls::Outcome> CheckCalls::DynamicWebhooks(jira::Client& jira, store::ConnectionRecord record) const {
  Outcome outcome;
  if (record.webhook_ids.empty()) {
    outcome.status =
        base::Error(v1::JIRA_NOT_FOUND, "no webhook is registered yet: the worker does that, given its --public-url");
    co_return outcome;
  }
  const auto listed = co_await jira.ListWebhooks();
  outcome.status = listed.status();
  if (!listed.ok()) co_return outcome;
  const int64_t now_ms = base::ToMillis(backend_.clock.Now());
  std::vector<int64_t> gone;
  for (const int64_t id : record.webhook_ids) {
    const bool alive = std::any_of(listed->begin(), listed->end(), [&](const jira::RegisteredWebhook& webhook) {
      return webhook.id == id && (webhook.expires_ms == 0 || webhook.expires_ms > now_ms);
    });
    if (!alive) gone.push_back(id);
  }
  if (!gone.empty()) {
    outcome.status = base::Error(v1::JIRA_NOT_FOUND,
                                 fmt::format("Jira has no webhook {} any more, or it expired: the worker registers it "
                                             "anew at its next start of this connection",
                                             fmt::join(gone, ", ")));
  }
  outcome.detail = fmt::format("webhook {} is registered", fmt::join(record.webhook_ids, ", "));
  co_return outcome;
}

// With an API token nobody can ask Jira for its webhooks: one that came is the proof, unless those that came later
// were refused.
base::Task<CheckCalls::Outcome> CheckCalls::AdminWebhook(store::ConnectionRecord record) {
  Outcome outcome;
  const auto overview = co_await store::ReadOverview(backend_.redis, record.connection_id);
  outcome.status = overview.status();
  if (!overview.ok()) co_return outcome;
  if (overview->last_refused_ms > 0) {
    outcome.status =
        base::Error(v1::WEBHOOK_NOT_AUTHENTIC, fmt::format("webhooks came but were refused, last at {}: {}",
                                                           json::FormatIso8601(overview->last_refused_ms),
                                                           ExplainRefusal(overview->last_refused_why)));
    co_return outcome;
  }
  const int64_t age_ms = base::ToMillis(backend_.clock.Now()) - overview->last_webhook_ms;
  if (overview->last_webhook_ms > 0 && age_ms < kWebhookProofDays * kDayMs) {
    outcome.detail = fmt::format("the last webhook came {} minutes ago", std::max<int64_t>(age_ms, 0) / 60'000);
    co_return outcome;
  }
  outcome.status = base::Error(
      v1::JIRA_NOT_FOUND,
      fmt::format("{}: in Jira, under System, WebHooks, make one to {} with the connection's webhook secret; changes "
                  "are found by polling until then",
                  overview->last_webhook_ms > 0 ? fmt::format("no webhook came for {} days", age_ms / kDayMs)
                                                : std::string("no webhook has come yet"),
                  WebhookUrl(backend_.options.public_url, record.connection_id)));
  co_return outcome;
}

base::Task<CheckCalls::Outcome> CheckCalls::Brevo(store::ConnectionRecord record, v1::Credentials credentials) {
  Outcome outcome;
  const auto brevo = backend_.OpenBrevo(record.brevo_account_key, credentials);
  const auto account = co_await brevo->Client().GetAccount();
  outcome.status = account.status();
  if (!account.ok()) co_return outcome;
  outcome.status = co_await CheckLists(brevo->Client(), record.config);
  outcome.detail = account->company_name;
  co_return outcome;
}

base::Task<CheckCalls::Outcome> CheckCalls::Redis() {
  const auto policy = co_await store::CheckRedisPolicy(backend_.redis);
  Outcome outcome;
  outcome.status = policy.status();
  if (policy.ok()) {
    outcome.detail = *policy == store::RedisPolicy::kNoEviction
                         ? "noeviction"
                         : "this Redis doesn't tell its policy: make sure that it is noeviction";
  }
  co_return outcome;
}

base::Task<void> CheckCalls::TestJira(store::ConnectionRecord record, v1::Credentials credentials,
                                      v1::TestConnectionResponse& response) {
  const auto jira = backend_.OpenJira(record.connection_id, record.config, credentials);
  absl::Status status = jira.status();
  jira::Myself myself;
  if (status.ok()) {
    auto asked = co_await (*jira)->Live().GetMyself();
    status = asked.status();
    if (asked.ok()) myself = *std::move(asked);
  }
  Outcome login{status, "logged in to " + SiteHost(record.config.site_url())};
  Add(response, kAuthentication, std::move(login));
  if (!status.ok()) {
    const absl::Status skipped = base::Error(base::ReasonOf(status), "not tried: the authentication failed");
    for (const char* name : {kProjectAccess, kIssueSearch, kUserLookup, kWebhook}) {
      Outcome outcome{skipped, {}};
      Add(response, name, std::move(outcome));
    }
    co_return;
  }
  jira::Client& live = (*jira)->Live();
  Outcome projects = co_await Projects(live, record.config);
  Add(response, kProjectAccess, std::move(projects));
  Outcome search = co_await Search(live, record.config);
  Add(response, kIssueSearch, std::move(search));
  Outcome users = co_await UserLookup(live, myself.account_id);
  Add(response, kUserLookup, std::move(users));
  Outcome webhook;
  if (record.config.auth_type() == v1::OAUTH2) {
    webhook = co_await DynamicWebhooks(live, std::move(record));
  } else {
    webhook = co_await AdminWebhook(std::move(record));
  }
  Add(response, kWebhook, std::move(webhook));
}

base::Task<absl::StatusOr<v1::TestConnectionResponse>> CheckCalls::Test(Caller caller,
                                                                        v1::TestConnectionRequest request) {
  TAJO_CO_ASSIGN_OR_RETURN(const store::ConnectionRecord record,
                           co_await FindConnection(backend_.connections, caller, request.connection()));
  TAJO_CO_ASSIGN_OR_RETURN(const v1::Credentials credentials,
                           co_await backend_.connections.GetCredentials(record.connection_id));
  v1::TestConnectionResponse response;
  co_await TestJira(record, credentials, response);
  Outcome brevo = co_await Brevo(record, credentials);
  Add(response, kBrevoAccount, std::move(brevo));
  Outcome redis = co_await Redis();
  Add(response, kRedisPolicy, std::move(redis));
  response.set_passed(std::all_of(response.checks().begin(), response.checks().end(),
                                  [](const v1::Check& check) { return check.passed(); }));
  co_return response;
}

}  // namespace tajo::gateway
