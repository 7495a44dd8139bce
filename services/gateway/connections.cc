#include "services/gateway/connections.h"

#include <algorithm>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "services/gateway/authorization.h"
#include "services/gateway/directory.h"
#include "services/gateway/render.h"
#include "services/gateway/syncs.h"
#include "services/gateway/verification.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::gateway {
namespace {

namespace v1 = ::tajo::jira::v1;

constexpr int kDefaultPage = 100;
constexpr int kMaxPage = 500;
constexpr std::size_t kWebhookSecretBytes = 32;

}  // namespace

base::Task<absl::StatusOr<v1::ConnectResponse>> ConnectionCalls::Connect(Caller caller, v1::ConnectRequest request) {
  TAJO_CO_ASSIGN_OR_RETURN(std::string tenant, caller.Tenant(request.tenant_id()));
  TAJO_CO_ASSIGN_OR_RETURN(ConnectPlan plan, ReadConnectRequest(request, backend_.options.allow_insecure_upstreams));
  bool made_secret = false;
  if (plan.credentials.webhook_secrets().empty()) {
    plan.credentials.add_webhook_secrets(backend_.random.Hex(kWebhookSecretBytes));
    made_secret = true;
  }
  plan.credentials.add_brevo_webhook_tokens(backend_.random.Hex(kWebhookSecretBytes));
  plan.credentials.set_erasure_key(backend_.random.Hex(kWebhookSecretBytes));
  TAJO_CO_ASSIGN_OR_RETURN(store::ConnectionRecord record, co_await Verify(std::move(tenant), plan));
  // A caller that goes away from here on doesn't leave half a connection behind.
  co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
  const std::string secret = plan.credentials.webhook_secrets(0);
  auto response = co_await Store(std::move(record), std::move(plan));
  if (response.ok() && made_secret) response->set_webhook_secret(secret);
  co_return response;
}

// Reads only, but for the attributes that Brevo lacks: they come last, and are there the next time.
base::Task<absl::StatusOr<store::ConnectionRecord>> ConnectionCalls::Verify(std::string tenant, ConnectPlan plan) {
  store::ConnectionRecord record;
  Problems problems;
  if (plan.IsOAuth()) {
    absl::Status app = co_await VerifyApp(backend_, plan.app);
    problems.Add(std::move(app));
  } else {
    TAJO_CO_ASSIGN_OR_RETURN(const auto jira, backend_.OpenJira({}, plan.config, plan.credentials));
    const JiraFindings findings = co_await VerifyJira(jira->Live(), plan.config, problems);
    record.account_id = findings.account_id;
    record.time_zone = findings.time_zone;
  }
  const auto brevo = backend_.OpenBrevo({}, plan.credentials);
  std::string api_key = plan.credentials.brevo_api_key();
  BrevoFindings found = co_await VerifyBrevo(*brevo, plan.config, std::move(api_key), problems);
  if (!problems.Empty()) co_return problems.ToStatus();
  TAJO_CO_RETURN_IF_ERROR(co_await CreateAttributes(brevo->Client(), found, plan.config));
  record.tenant_id = std::move(tenant);
  record.config = std::move(plan.config);
  record.config.set_events_from_ms(base::ToMillis(backend_.clock.Now()));
  record.state = plan.IsOAuth() ? v1::PENDING : v1::ACTIVE;
  if (record.config.auth_type() == v1::OAUTH2) {
    record.state = v1::PENDING;
    record.reason = kConsentAwaited;
    // The site that the consent grants is the one; known then.
    record.config.clear_site_url();
  }
  record.site_host = SiteHost(record.config.site_url());
  record.brevo_account = found.company_name;
  record.brevo_account_key = found.account_key;
  co_return record;
}

base::Task<absl::StatusOr<v1::ConnectResponse>> ConnectionCalls::Store(store::ConnectionRecord record,
                                                                       ConnectPlan plan) {
  TAJO_CO_ASSIGN_OR_RETURN(record, co_await backend_.connections.Create(record, plan.credentials));
  const std::string id = record.connection_id;
  const bool is_oauth = record.state == v1::PENDING;
  const bool initial_sync = plan.initial_sync;
  v1::ConnectResponse response;
  if (is_oauth) {
    const absl::Status stored = co_await AwaitConsent(record, std::move(plan), response);
    if (!stored.ok()) {
      const absl::Status removed = co_await backend_.connections.Delete(id);
      if (!removed.ok()) {
        backend_.log.Error("a connection that failed to be made is left behind",
                           {{"connection", id}, {"reason", base::ReasonName(base::ReasonOf(removed))}});
      }
      co_return stored;
    }
  } else if (initial_sync) {
    auto job = co_await StartInitialSync(backend_, id);
    // The connection is there: a sync can be started by itself.
    if (job.ok()) response.set_sync_id(*job);
  }
  TAJO_CO_ASSIGN_OR_RETURN(record, co_await backend_.connections.Get(id));
  *response.mutable_connection() = ShowConnection(record, backend_.options.public_url);
  backend_.log.Info("connected", {{"connection", id}, {"tenant", record.tenant_id}, {"oauth", is_oauth}});
  co_return response;
}

base::Task<absl::Status> ConnectionCalls::AwaitConsent(store::ConnectionRecord record, ConnectPlan plan,
                                                       v1::ConnectResponse& response) {
  v1::Credentials credentials = plan.credentials;
  TAJO_CO_ASSIGN_OR_RETURN(const std::string app_id, co_await backend_.grants.PutApp(plan.app));
  credentials.set_app_id(app_id);
  TAJO_CO_RETURN_IF_ERROR(co_await backend_.connections.UpdateCredentials(record.connection_id, credentials));
  if (!plan.initial_sync) {
    TAJO_CO_RETURN_IF_ERROR(co_await SkipInitialSync(backend_, record.connection_id));
  }
  TAJO_CO_ASSIGN_OR_RETURN(const v1::BeginAuthorizationResponse begun, co_await BeginConsent(backend_, record, app_id));
  response.set_authorization_url(begun.authorization_url());
  co_return absl::OkStatus();
}

base::Task<absl::StatusOr<v1::Connection>> ConnectionCalls::Get(Caller caller, v1::GetConnectionRequest request) {
  TAJO_CO_ASSIGN_OR_RETURN(const store::ConnectionRecord record,
                           co_await FindConnection(backend_.connections, caller, request.connection()));
  co_return ShowConnection(record, backend_.options.public_url);
}

base::Task<absl::StatusOr<v1::ListConnectionsResponse>> ConnectionCalls::List(Caller caller,
                                                                              v1::ListConnectionsRequest request) {
  TAJO_CO_ASSIGN_OR_RETURN(const std::string tenant, caller.Tenant(request.tenant_id()));
  if (request.page_size() < 0 || request.page_size() > kMaxPage) {
    co_return base::FieldError(v1::REQUEST_INVALID, "page_size", "page_size is 1 to 500, or 0 for 100");
  }
  const auto size = static_cast<std::size_t>(request.page_size() == 0 ? kDefaultPage : request.page_size());
  TAJO_CO_ASSIGN_OR_RETURN(std::vector<std::string> ids, co_await backend_.connections.OfTenant(tenant));
  // Sorted; a page's token is its last id.
  auto begin = std::upper_bound(ids.begin(), ids.end(), request.page_token());
  const auto left = static_cast<std::size_t>(ids.end() - begin);
  const bool more = left > size;
  std::vector<std::string> page(begin, begin + static_cast<std::ptrdiff_t>(std::min(left, size)));
  v1::ListConnectionsResponse response;
  if (more) response.set_next_page_token(page.back());
  TAJO_CO_ASSIGN_OR_RETURN(const auto records, co_await backend_.connections.Many(std::move(page)));
  for (const store::ConnectionRecord& record : records) {
    *response.add_connections() = ShowConnection(record, backend_.options.public_url);
  }
  co_return response;
}

}  // namespace tajo::gateway
