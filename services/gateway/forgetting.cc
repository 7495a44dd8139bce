#include "services/gateway/forgetting.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "common/store/erasure.h"
#include "common/store/people.h"
#include "services/gateway/directory.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::gateway {
namespace {

namespace v1 = ::tajo::jira::v1;

constexpr std::size_t kMostEmailBytes = 320;
constexpr std::size_t kMostAccountBytes = 128;
constexpr std::chrono::milliseconds kReportPoll{200};

bool IsPlain(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > 0x20 && c != 0x7f; });
}

absl::Status CheckPerson(const v1::ForgetContactRequest& request) {
  if (request.email().empty() == request.account_id().empty()) {
    return base::FieldError(v1::REQUEST_INVALID, "email", "name the person by email or by account_id, one of the two");
  }
  const std::string& email = request.email();
  const std::size_t at = email.find('@');
  const bool is_email = at != std::string::npos && at > 0 && at + 1 < email.size();
  if (!email.empty() && (!is_email || email.size() > kMostEmailBytes || !IsPlain(email))) {
    return base::FieldError(v1::REQUEST_INVALID, "email", "email isn't an e-mail address");
  }
  const std::string& account = request.account_id();
  if (account == "unknown" || account.size() > kMostAccountBytes || !IsPlain(account)) {
    return base::FieldError(v1::REQUEST_INVALID, "account_id", "account_id isn't the id of one Jira account");
  }
  return absl::OkStatus();
}

void AddPlace(v1::ForgetContactResponse& response, const char* place, v1::ForgottenPlace::State state,
              const char* detail) {
  v1::ForgottenPlace& added = *response.add_places();
  added.set_place(place);
  added.set_state(state);
  added.set_detail(detail);
}

}  // namespace

v1::ForgetContactResponse ShowForgotten(Here here, const std::optional<v1::ErasureReport>& report) {
  using Place = v1::ForgottenPlace;
  v1::ForgetContactResponse response;
  if (here == Here::kNoted) {
    AddPlace(response, "this connector", Place::PENDING,
             "noted; the worker that owns the connection finds the account's contacts and erases them: is one "
             "running?");
  } else {
    AddPlace(response, "this connector", here == Here::kErased ? Place::ERASED : Place::NOT_FOUND,
             "state, pending events, dead letters, quarantine, cached profile; a keyed hash stays, so that they stay "
             "erased");
  }
  if (!report) {
    AddPlace(response, "contact in Brevo", Place::PENDING,
             "noted; the worker that owns the connection deletes it: is one running, and does Brevo accept our key?");
  } else if (report->in_brevo() == v1::ErasureReport::DELETED_THERE) {
    AddPlace(response, "contact in Brevo", Place::ERASED, "deleted, with its attributes and lists");
  } else if (report->in_brevo() == v1::ErasureReport::REFUSED_THERE) {
    AddPlace(response, "contact in Brevo", Place::NOT_ERASED,
             "Brevo refuses: it is the account owner's own address; we write nothing to it any more");
  } else {
    AddPlace(response, "contact in Brevo", Place::NOT_FOUND, "there was none");
  }
  AddPlace(
      response, "custom events in Brevo's log", Place::NOT_ERASED,
      "Brevo has no call that deletes them; they hold ticket keys and texts, no name or e-mail: ask Brevo's support");
  AddPlace(response, "tickets in Jira", Place::NOT_ERASED,
           "the connector only reads Jira; erase the account or the customer there");
  const bool in_brevo = report && report->in_brevo() == v1::ErasureReport::DELETED_THERE;
  const bool done = report && report->in_brevo() != v1::ErasureReport::REFUSED_THERE;
  response.set_erased(done && (here == Here::kErased || in_brevo));
  return response;
}

base::Task<absl::StatusOr<bool>> ForgetCall::EraseHere(std::string connection_id, v1::PersonErasure person) {
  if (person.email().empty()) {
    // The worker finds the e-mails by the same state: it must still be there.
    std::set<std::string> accounts = {person.account_id()};
    TAJO_CO_ASSIGN_OR_RETURN(const std::set<std::string> emails,
                             co_await store::EmailsOfAccounts(backend_.redis, connection_id, std::move(accounts)));
    co_return !emails.empty();
  }
  TAJO_CO_ASSIGN_OR_RETURN(const v1::Credentials credentials,
                           co_await backend_.connections.GetCredentials(connection_id));
  store::Tombstones tombstones{base::Secret(credentials.erasure_key())};
  std::vector<store::ErasureOrder> orders;
  orders.push_back({store::ContactId::OfEmail(person.email()), "", 0});
  const int64_t now_ms = base::ToMillis(backend_.clock.Now());
  TAJO_CO_ASSIGN_OR_RETURN(const auto erased, co_await store::Erase(backend_.redis, connection_id,
                                                                    std::move(tombstones), std::move(orders), now_ms));
  co_return erased.front().found;
}

base::Task<absl::StatusOr<std::optional<v1::ErasureReport>>> ForgetCall::AwaitReport(std::string connection_id,
                                                                                     std::string request_id) {
  const base::MonotonicTime end = backend_.clock.Monotonic() + backend_.options.forget_wait;
  while (true) {
    auto report = co_await store::ReadErasureReport(backend_.redis, connection_id, request_id);
    if (!report.ok() || *report || backend_.clock.Monotonic() >= end) co_return report;
    co_await backend_.clock.Sleep(kReportPoll);
  }
}

base::Task<absl::StatusOr<v1::ForgetContactResponse>> ForgetCall::Run(Caller caller, v1::ForgetContactRequest request) {
  TAJO_CO_RETURN_IF_ERROR(CheckPerson(request));
  TAJO_CO_ASSIGN_OR_RETURN(const store::ConnectionRecord record,
                           co_await FindConnection(backend_.connections, caller, request.connection()));
  const std::string id = record.connection_id;
  const std::string request_id = backend_.random.Hex(16);
  v1::Event event;
  event.set_received_ms(base::ToMillis(backend_.clock.Now()));
  v1::PersonErasure& person = *event.mutable_erasure();
  person.set_origin(v1::PersonErasure::ORIGIN_OPERATOR);
  person.set_email(request.email());
  person.set_account_id(request.account_id());
  person.set_request_id(request_id);
  v1::PersonErasure whom = person;
  TAJO_CO_ASSIGN_OR_RETURN(const bool known, co_await EraseHere(id, std::move(whom)));
  // From here on the worker finishes, whatever ends this call.
  std::vector<v1::Event> events(1, std::move(event));
  std::string identifier = "forget/" + request_id;
  TAJO_CO_ASSIGN_OR_RETURN(const store::IntakeResult taken,
                           co_await backend_.intake.StorePeople(id, std::move(identifier), std::move(events)));
  if (taken.outcome == store::Intake::kFull) {
    co_return base::Error(v1::BACKLOG_FULL, "a million erasures wait for the worker: is one running?");
  }
  if (!taken.owner_worker.empty()) (void)co_await backend_.intake.Wake(taken.owner_worker, id);
  TAJO_CO_ASSIGN_OR_RETURN(const std::optional<v1::ErasureReport> report, co_await AwaitReport(id, request_id));
  backend_.log.Info("a person was forgotten", {{"connection", id}, {"reported", report.has_value()}});
  Here here = known || (report && report->known()) ? Here::kErased : Here::kNothing;
  if (!report && request.email().empty()) here = Here::kNoted;
  co_return ShowForgotten(here, report);
}

}  // namespace tajo::gateway
