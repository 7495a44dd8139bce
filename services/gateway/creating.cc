#include "services/gateway/creating.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>
#include <variant>

#include "common/base/error.h"
#include "common/crypto/digest.h"
#include "services/gateway/create_request.h"
#include "services/gateway/created_issues.h"
#include "services/gateway/directory.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::gateway {
namespace {

namespace v1 = ::tajo::jira::v1;
using boost::asio::experimental::awaitable_operators::operator||;
using Turn = store::BegunCreation::Turn;

constexpr int kTries = 2;  // of a call; further ones are the caller's
constexpr std::chrono::milliseconds kTurnPoll{200};
constexpr std::chrono::seconds kTurnWait{90};
constexpr std::chrono::seconds kWorkLimit{110};  // below the longest call
constexpr std::chrono::seconds kHold{150};       // who holds it for longer has died

v1::CreateIssueResponse Shown(int64_t id, std::string key, bool created) {
  v1::CreateIssueResponse response;
  response.set_id(std::to_string(id));
  response.set_key(std::move(key));
  response.set_created(created);
  return response;
}

absl::Status Unknown(std::string_view why) {
  return base::Error(v1::UPSTREAM_AMBIGUOUS,
                     fmt::format("{}: call again with the same idempotency_key, which creates nothing twice", why));
}

}  // namespace

base::Task<absl::StatusOr<store::BegunCreation>> CreateIssueCall::AwaitTurn(store::CreationWish wish) {
  store::Creations creations(backend_.redis, backend_.clock);
  const base::MonotonicTime end = backend_.clock.Monotonic() + kTurnWait;
  while (true) {
    auto begun = co_await creations.Begin(wish, kHold);
    if (!begun.ok() || begun->turn != Turn::kWait) co_return begun;
    if (backend_.clock.Monotonic() >= end) co_return Unknown("another call with this idempotency_key is still at it");
    co_await backend_.clock.Sleep(kTurnPoll);
  }
}

base::Task<CreateIssueCall::Response> CreateIssueCall::Create(jira::Client& jira, store::CreationWish wish,
                                                              jira::NewIssue issue, int64_t sent_ms) {
  store::Creations creations(backend_.redis, backend_.clock);
  CreatedIssues earlier(jira, backend_.clock, backend_.options.create_settle);
  const bool never_sent = sent_ms == 0;
  for (int tries = 0;; ++tries) {
    if (sent_ms != 0) {
      TAJO_CO_ASSIGN_OR_RETURN(const auto found, co_await earlier.Find(issue.project_key, wish.name, sent_ms));
      if (found) {
        (void)co_await creations.Done(wish, found->id, found->key);
        co_return Shown(found->id, found->key, /*created=*/tries > 0);
      }
    }
    if (tries == kTries) co_return Unknown("Jira gave no answer, and the issue isn't there");
    const int64_t now_ms = base::ToMillis(backend_.clock.Now());
    TAJO_CO_ASSIGN_OR_RETURN(const bool ours, co_await creations.Sending(wish));
    if (!ours) co_return Unknown("another call with this idempotency_key took over");
    const auto created = co_await jira.CreateIssue(issue);
    if (created.ok()) {
      // Should it not be noted, the next call finds the issue by its property.
      (void)co_await creations.Done(wish, created->id, created->key);
      co_return Shown(created->id, created->key, /*created=*/true);
    }
    if (IsSurelyNotCreated(created.status())) {
      if (never_sent && tries == 0) (void)co_await creations.Forget(wish);
      co_return NamingTheField(created.status());
    }
    // It may have waited for a limit before it went: Jira may work on it for longer after what was noted.
    const int64_t timeout_ms = backend_.options.endpoints.jira_timeout.count();
    sent_ms = std::max(now_ms, base::ToMillis(backend_.clock.Now()) - timeout_ms);
    if (sent_ms > now_ms) (void)co_await creations.Sending(wish);
  }
}

base::Task<absl::StatusOr<v1::CreateIssueResponse>> CreateIssueCall::Run(Caller caller,
                                                                         v1::CreateIssueRequest request) {
  TAJO_CO_ASSIGN_OR_RETURN(jira::NewIssue issue, ReadCreateRequest(request));
  TAJO_CO_ASSIGN_OR_RETURN(const store::ConnectionRecord record,
                           co_await FindConnection(backend_.connections, caller, request.connection()));
  const std::string& id = record.connection_id;
  if (record.state == v1::DISCONNECTING)
    co_return base::Error(v1::CONNECTION_CHANGED, "the connection is being removed");
  TAJO_CO_ASSIGN_OR_RETURN(const v1::Credentials credentials, co_await backend_.connections.GetCredentials(id));
  TAJO_CO_ASSIGN_OR_RETURN(const auto jira, backend_.OpenJira(record.connection_id, record.config, credentials));
  const std::string name = crypto::Hex(crypto::Sha256(fmt::format("{}\x1f{}", id, request.idempotency_key())));
  const store::CreationWish wish = {id, name, FingerprintOf(request), backend_.random.Hex(16)};
  issue.properties.push_back(CreationProperty(name));
  TAJO_CO_ASSIGN_OR_RETURN(const store::BegunCreation begun, co_await AwaitTurn(wish));
  if (begun.turn == Turn::kDone) co_return Shown(begun.issue_id, begun.issue_key, /*created=*/false);
  if (begun.turn == Turn::kOther) {
    co_return base::FieldError(v1::REQUEST_INVALID, "idempotency_key",
                               "idempotency_key was given for another issue before: choose a new one");
  }
  // A caller that goes away doesn't leave it unknown whether the issue was created.
  co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
  auto work = Create(jira->Live(), wish, std::move(issue), begun.sent_ms);
  auto limit = backend_.clock.Sleep(kWorkLimit);
  auto first = co_await (std::move(work) || std::move(limit));
  Response response = Unknown("Jira is slow or limits us");
  store::Creations creations(backend_.redis, backend_.clock);
  if (first.index() == 0) {
    response = std::get<0>(std::move(first));
  } else {
    (void)co_await creations.Sending(wish);  // it may have gone a moment ago, behind a limit
  }
  if (!response.ok()) (void)co_await creations.Release(wish);
  if (response.ok() && response->created()) backend_.log.Info("issue created", {{"connection", id}});
  co_return response;
}

}  // namespace tajo::gateway
