#include "services/gateway/disconnecting.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>
#include <variant>

#include "common/base/error.h"
#include "common/brevo/webhook.h"
#include "common/store/keys.h"
#include "services/gateway/directory.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::gateway {
namespace {

namespace v1 = ::tajo::jira::v1;
using boost::asio::experimental::awaitable_operators::operator||;

constexpr std::chrono::milliseconds kLeasePoll{100};

}  // namespace

base::Task<absl::Status> DisconnectCall::DeleteWebhooks(store::ConnectionRecord record, v1::Credentials credentials) {
  TAJO_CO_ASSIGN_OR_RETURN(const auto jira, backend_.OpenJira(record.connection_id, record.config, credentials));
  co_return co_await jira->Live().DeleteWebhooks(record.webhook_ids);
}

base::Task<std::vector<std::string>> DisconnectCall::RemoveWebhooks(store::ConnectionRecord record,
                                                                    v1::Credentials credentials) {
  std::vector<std::string> left;
  if (record.webhook_ids.empty()) co_return left;
  const std::string ids = fmt::format("{}", fmt::join(record.webhook_ids, ", "));
  // A Jira that is away must not keep a tenant from leaving.
  auto removal = DeleteWebhooks(std::move(record), std::move(credentials));
  auto limit = backend_.clock.Sleep(backend_.options.webhook_removal);
  const auto first = co_await (std::move(removal) || std::move(limit));
  if (first.index() == 1) {
    left.push_back(fmt::format("webhooks {} at Jira: it didn't answer in time; they expire within 30 days", ids));
  } else if (const absl::Status& removed = std::get<0>(first); !removed.ok()) {
    left.push_back(
        fmt::format("webhooks {} at Jira: {}; they expire within 30 days", ids, std::string(removed.message())));
  }
  co_return left;
}

base::Task<absl::Status> DisconnectCall::DeleteBrevoWebhooks(std::string connection_id, std::string account,
                                                             v1::Credentials credentials) {
  const auto brevo = backend_.OpenBrevo(account, credentials);
  TAJO_CO_ASSIGN_OR_RETURN(const auto registered, co_await brevo->Client().ListWebhooks());
  for (const auto& webhook : registered) {
    if (!brevo::IsWebhookOf(webhook.url, connection_id)) continue;
    TAJO_CO_RETURN_IF_ERROR(co_await brevo->Client().DeleteWebhook(webhook.id));
  }
  co_return absl::OkStatus();
}

base::Task<std::vector<std::string>> DisconnectCall::RemoveBrevoWebhooks(store::ConnectionRecord record,
                                                                         v1::Credentials credentials) {
  std::vector<std::string> left;
  // Nothing is registered without a public URL, and Brevo's calls are few.
  if (record.brevo_webhook_id == 0 && backend_.options.public_url.empty()) co_return left;
  auto removal = DeleteBrevoWebhooks(record.connection_id, record.brevo_account_key, std::move(credentials));
  auto limit = backend_.clock.Sleep(backend_.options.webhook_removal);
  const auto first = co_await (std::move(removal) || std::move(limit));
  constexpr char kByHand[] = "delete it in Brevo's settings; what it still sends is refused";
  if (first.index() == 1) {
    left.push_back(fmt::format("the webhook at Brevo: it didn't answer in time; {}", kByHand));
  } else if (const absl::Status& removed = std::get<0>(first); !removed.ok()) {
    left.push_back(fmt::format("the webhook at Brevo: {}; {}", std::string(removed.message()), kByHand));
  }
  co_return left;
}

base::Task<void> DisconnectCall::AwaitOwner(std::string connection_id) {
  const std::string lease = store::Keys(connection_id).Lease();
  const base::MonotonicTime end = backend_.clock.Monotonic() + backend_.options.owner_wait;
  while (backend_.clock.Monotonic() < end) {
    redis::Args exists = {"EXISTS", lease};
    const auto reply = co_await backend_.redis.Execute(std::move(exists));
    if (reply.ok() && reply->Integer() == 0) co_return;
    co_await backend_.clock.Sleep(kLeasePoll);
  }
  // Deleting takes the lease away, so nothing that the owner still writes is taken.
}

base::Task<absl::StatusOr<v1::DisconnectResponse>> DisconnectCall::Run(Caller caller, v1::DisconnectRequest request) {
  TAJO_CO_ASSIGN_OR_RETURN(store::ConnectionRecord record,
                           co_await FindConnection(backend_.connections, caller, request.connection()));
  const std::string id = record.connection_id;
  std::string why = "being removed";
  TAJO_CO_RETURN_IF_ERROR(co_await backend_.connections.SetState(id, v1::DISCONNECTING, std::move(why)));
  v1::DisconnectResponse response;
  auto credentials = co_await backend_.connections.GetCredentials(id);
  std::string grant_id;
  if (credentials.ok()) {
    grant_id = credentials->grant_id();
    const std::vector<std::string> left = co_await RemoveWebhooks(record, *credentials);
    for (const std::string& item : left) response.add_left_behind(item);
  } else if (!record.webhook_ids.empty()) {
    response.add_left_behind(fmt::format("webhooks {} at Jira: {}", fmt::join(record.webhook_ids, ", "),
                                         std::string(credentials.status().message())));
  }
  co_await AwaitOwner(id);
  // Behind the worker, which would make it anew.
  if (credentials.ok()) {
    const std::vector<std::string> left = co_await RemoveBrevoWebhooks(record, *credentials);
    for (const std::string& item : left) response.add_left_behind(item);
  } else if (record.brevo_webhook_id != 0) {
    response.add_left_behind(
        fmt::format("webhook {} at Brevo: {}", record.brevo_webhook_id, std::string(credentials.status().message())));
  }
  co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
  if (!grant_id.empty()) {
    TAJO_CO_RETURN_IF_ERROR(co_await backend_.grants.DeleteGrant(grant_id));
  }
  TAJO_CO_RETURN_IF_ERROR(co_await backend_.connections.Delete(id));
  backend_.log.Info("disconnected", {{"connection", id}, {"left_behind", response.left_behind_size()}});
  co_return response;
}

}  // namespace tajo::gateway
