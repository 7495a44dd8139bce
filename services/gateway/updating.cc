#include "services/gateway/updating.h"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>
#include <optional>
#include <utility>

#include "common/base/error.h"
#include "common/config/connection_config.h"
#include "services/gateway/authorization.h"
#include "services/gateway/directory.h"
#include "services/gateway/render.h"
#include "services/gateway/update_request.h"
#include "services/gateway/verification.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::gateway {
namespace {

namespace v1 = ::tajo::jira::v1;

// The YAML's config with what an update can't change.
absl::StatusOr<v1::ConnectionConfig> ReadConfig(const std::string& yaml, const v1::ConnectionConfig& stored) {
  TAJO_ASSIGN_OR_RETURN(v1::ConnectionConfig config, config::ParseConnectionConfig(yaml));
  if (!config.site_url().empty() && !stored.site_url().empty() && config.site_url() != stored.site_url()) {
    return base::FieldError(v1::CONFIG_INVALID, "connectors.jira.site_url",
                            "site_url can't be changed: another site is another connection");
  }
  config.set_site_url(stored.site_url());
  config.set_auth_type(stored.auth_type());
  config.set_events_from_ms(stored.events_from_ms());
  return config;
}

void SetPaused(store::ConnectionRecord& record, bool paused) {
  if (paused) {
    record.state = v1::PAUSED;
    record.reason.clear();  // none: by a person, and for a person to end
  } else if (record.state == v1::PAUSED) {
    record.state = v1::ACTIVE;
    record.reason.clear();
  }
}

}  // namespace

base::Task<absl::Status> UpdateCall::Verify(store::ConnectionRecord& record, v1::ConnectionConfig config,
                                            v1::Credentials credentials) {
  Problems problems;
  const bool consented = record.state != v1::PENDING;
  if (consented) {
    TAJO_CO_ASSIGN_OR_RETURN(const auto jira, backend_.OpenJira(record.connection_id, config, credentials));
    const JiraFindings found = co_await VerifyJira(jira->Live(), config, problems);
    record.account_id = found.account_id;
    record.time_zone = found.time_zone;
  }
  const auto brevo = backend_.OpenBrevo(record.brevo_account_key, credentials);
  std::string api_key = credentials.brevo_api_key();
  BrevoFindings found = co_await VerifyBrevo(*brevo, config, std::move(api_key), problems);
  if (problems.Empty() && found.account_key != record.brevo_account_key && !found.IsMaybe(record.brevo_account)) {
    problems.Add(base::FieldError(v1::REQUEST_INVALID, "brevo_api_key",
                                  "brevo_api_key is of another Brevo account: another account is another connection"));
  }
  if (!problems.Empty()) co_return problems.ToStatus();
  TAJO_CO_RETURN_IF_ERROR(co_await CreateAttributes(brevo->Client(), std::move(found), config));
  record.config = std::move(config);
  const bool by_vendor = record.state == v1::PAUSED && !record.reason.empty();
  if (record.state == v1::NEEDS_REAUTHORIZATION || by_vendor) {
    record.state = v1::ACTIVE;
    record.reason.clear();
  }
  co_return absl::OkStatus();
}

base::Task<absl::StatusOr<v1::App>> UpdateCall::AppWith(std::string secret, std::string app_id) {
  v1::App app;
  if (secret.empty()) co_return app;
  TAJO_CO_ASSIGN_OR_RETURN(app, co_await backend_.grants.GetApp(std::move(app_id)));
  app.clear_client_secrets();
  app.add_client_secrets(std::move(secret));
  TAJO_CO_RETURN_IF_ERROR(co_await VerifyApp(backend_, app));
  co_return app;
}

base::Task<absl::StatusOr<store::ConnectionRecord>> UpdateCall::Store(store::ConnectionRecord record,
                                                                      v1::Credentials before,
                                                                      v1::Credentials credentials, v1::App app) {
  if (!app.client_secrets().empty()) {
    TAJO_CO_ASSIGN_OR_RETURN(const std::string app_id, co_await backend_.grants.PutApp(std::move(app)));
  }
  // In one step: a config that is refused leaves the credentials too, and nobody's change in between is lost.
  std::optional<v1::Credentials> changed;
  if (credentials.SerializeAsString() != before.SerializeAsString()) changed = std::move(credentials);
  co_return co_await backend_.connections.Update(std::move(record), std::move(changed));
}

base::Task<absl::StatusOr<v1::Connection>> UpdateCall::Run(Caller caller, v1::UpdateConnectionRequest request) {
  TAJO_CO_ASSIGN_OR_RETURN(store::ConnectionRecord record,
                           co_await FindConnection(backend_.connections, caller, request.connection()));
  TAJO_CO_RETURN_IF_ERROR(CheckUpdate(request, record));
  TAJO_CO_ASSIGN_OR_RETURN(const v1::Credentials before,
                           co_await backend_.connections.GetCredentials(record.connection_id));
  const v1::Credentials credentials = WithNew(before, request);
  TAJO_CO_ASSIGN_OR_RETURN(v1::App app, co_await AppWith(request.oauth_client_secret(), credentials.app_id()));
  v1::ConnectionConfig config = record.config;
  if (!request.config_yaml().empty()) {
    TAJO_CO_ASSIGN_OR_RETURN(config, ReadConfig(request.config_yaml(), record.config));
  }
  const bool to_try =
      !request.config_yaml().empty() || !request.jira_api_token().empty() || !request.brevo_api_key().empty();
  if (to_try) TAJO_CO_RETURN_IF_ERROR(co_await Verify(record, std::move(config), credentials));
  if (!app.client_secrets().empty() && record.state == v1::NEEDS_REAUTHORIZATION) {
    // Whether the grant is good too shows at its next refresh.
    record.state = v1::ACTIVE;
    record.reason.clear();
  }
  if (request.has_paused()) SetPaused(record, request.paused());
  co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
  TAJO_CO_ASSIGN_OR_RETURN(record, co_await Store(std::move(record), before, credentials, std::move(app)));
  backend_.log.Info("connection changed", {{"connection", record.connection_id}});
  co_return ShowConnection(record, backend_.options.public_url);
}

}  // namespace tajo::gateway
