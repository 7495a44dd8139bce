#include "services/gateway/dead_letters.h"

#include <utility>

#include "common/base/error.h"
#include "common/store/keys.h"
#include "common/store/overview.h"
#include "common/telemetry/redact.h"
#include "services/gateway/directory.h"
#include "services/gateway/render.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::gateway {
namespace {

namespace v1 = ::tajo::jira::v1;

constexpr int kDefaultLetters = 100;
constexpr int kMostLetters = 1000;
constexpr int kReplayPage = 200;                  // letters a script
constexpr std::size_t kMostPageBytes = 2u << 20;  // gRPC's clients take 4 MB unless told otherwise

v1::DeadLetter ShowLetter(const store::DeadLetter& letter, const LetterView& view, Access access) {
  const v1::DeadLetterRecord& record = letter.record;
  v1::DeadLetter shown;
  shown.set_id(letter.entry_id);
  shown.set_reason(static_cast<v1::ErrorReason>(record.reason()));
  shown.set_kind(record.kind());
  shown.set_attempts(record.attempts());
  *shown.mutable_first_error() = TimestampOf(record.first_error_ms());
  *shown.mutable_last_error() = TimestampOf(record.last_error_ms());
  shown.set_issue_id(view.issue_id);
  shown.set_issue_key(view.issue_key);
  shown.set_summary(view.summary);
  // A vendor's words may quote what it refused.
  shown.set_message(access == Access::kWrite ? record.message() : telemetry::Redact(record.message()));
  if (access == Access::kWrite) shown.set_payload_json(PayloadJson(record));
  return shown;
}

void Count(store::ReplayOutcome outcome, v1::ReplayDeadLettersResponse& counts) {
  using store::ReplayOutcome;
  switch (outcome) {
    case ReplayOutcome::kReplayed:
      return counts.set_replayed(counts.replayed() + 1);
    case ReplayOutcome::kDone:
      return counts.set_already_done(counts.already_done() + 1);
    case ReplayOutcome::kErased:
      return counts.set_erased(counts.erased() + 1);
    case ReplayOutcome::kUnreadable:
      return counts.set_unreadable(counts.unreadable() + 1);
    case ReplayOutcome::kTooOld:
      return counts.set_too_old(counts.too_old() + 1);
    case ReplayOutcome::kGone:
      return counts.set_matched(counts.matched() - 1);
    case ReplayOutcome::kFull:
      return counts.set_stopped_by("the connection's backlog is full: replay the rest when it has been worked off");
  }
}

}  // namespace

struct DeadLetterCalls::Walk {
  std::string connection_id;
  LetterFilter filter;
  store::Tombstones tombstones;
  store::ReplayOptions options;
  v1::ReplayDeadLettersResponse counts;
  std::string owner_worker;
};

base::Task<absl::StatusOr<v1::ListDeadLettersResponse>> DeadLetterCalls::List(Caller caller,
                                                                              v1::ListDeadLettersRequest request) {
  if (request.page_size() < 0 || request.page_size() > kMostLetters) {
    co_return base::FieldError(v1::REQUEST_INVALID, "page_size", "page_size is 1 to 1000, or 0 for 100");
  }
  if (!IsEntryId(request.page_token())) {
    co_return base::FieldError(v1::REQUEST_INVALID, "page_token", "page_token isn't one that this call gave");
  }
  TAJO_CO_ASSIGN_OR_RETURN(const LetterFilter filter, LetterFilter::Read(request.filter()));
  TAJO_CO_ASSIGN_OR_RETURN(const store::ConnectionRecord record,
                           co_await FindConnection(backend_.connections, caller, request.connection()));
  const int size = request.page_size() == 0 ? kDefaultLetters : request.page_size();
  TAJO_CO_ASSIGN_OR_RETURN(
      const std::vector<store::DeadLetter> letters,
      co_await store::ReadDeadLetters(backend_.redis, record.connection_id, size, request.page_token()));
  v1::ListDeadLettersResponse response;
  std::size_t looked = 0, bytes = 0;
  for (; looked < letters.size() && bytes < kMostPageBytes; ++looked) {
    const store::DeadLetter& letter = letters[looked];
    const LetterView view = ViewOf(letter.record);
    if (!filter.Admits(letter, view)) continue;
    v1::DeadLetter& shown = *response.add_dead_letters();
    shown = ShowLetter(letter, view, caller.access);
    bytes += shown.ByteSizeLong();
  }
  const bool all = looked == letters.size() && letters.size() < static_cast<std::size_t>(size);
  if (!all) response.set_next_page_token(letters[looked - 1].entry_id);
  co_return response;
}

base::Task<absl::Status> DeadLetterCalls::ReplayPage(Walk& walk, std::vector<store::DeadLetter> letters) {
  std::vector<store::DeadLetter> chosen;
  for (store::DeadLetter& letter : letters) {
    if (!walk.filter.Admits(letter, ViewOf(letter.record))) continue;
    walk.counts.set_matched(walk.counts.matched() + 1);
    if (letter.record.reason() == v1::EVENT_AMBIGUOUS && !walk.filter.Names(v1::EVENT_AMBIGUOUS)) {
      walk.counts.set_ambiguous(walk.counts.ambiguous() + 1);
    } else {
      chosen.push_back(std::move(letter));
    }
  }
  if (chosen.empty()) co_return absl::OkStatus();
  TAJO_CO_ASSIGN_OR_RETURN(const store::ReplayResult result,
                           co_await store::ReplayDeadLetters(backend_.redis, walk.connection_id, walk.tombstones,
                                                             std::move(chosen), walk.options));
  for (const store::ReplayOutcome outcome : result.outcomes) Count(outcome, walk.counts);
  if (!result.owner_worker.empty()) walk.owner_worker = result.owner_worker;
  co_return absl::OkStatus();
}

base::Task<absl::Status> DeadLetterCalls::ReplayAll(Walk& walk) {
  // What fails again comes back behind this one.
  redis::Args newest = {"XREVRANGE", store::Keys(walk.connection_id).Dead(), "+", "-", "COUNT", "1"};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply last, co_await backend_.redis.Execute(std::move(newest)));
  if (last.Elements().empty()) co_return absl::OkStatus();
  const std::string last_id = last.Elements().front().Elements().front().String();
  std::string after;
  while (walk.counts.stopped_by().empty()) {
    TAJO_CO_ASSIGN_OR_RETURN(std::vector<store::DeadLetter> letters,
                             co_await store::ReadDeadLetters(backend_.redis, walk.connection_id, kReplayPage, after));
    if (letters.empty()) break;
    after = letters.back().entry_id;
    const bool ends = after == last_id || store::IsLaterEntry(after, last_id);
    std::erase_if(letters, [&](const auto& letter) { return store::IsLaterEntry(letter.entry_id, last_id); });
    TAJO_CO_RETURN_IF_ERROR(co_await ReplayPage(walk, std::move(letters)));
    if (ends) break;
  }
  co_return absl::OkStatus();
}

base::Task<absl::StatusOr<v1::ReplayDeadLettersResponse>> DeadLetterCalls::Replay(
    Caller caller, v1::ReplayDeadLettersRequest request) {
  TAJO_CO_ASSIGN_OR_RETURN(LetterFilter filter, LetterFilter::Read(request.filter()));
  TAJO_CO_ASSIGN_OR_RETURN(const store::ConnectionRecord record,
                           co_await FindConnection(backend_.connections, caller, request.connection()));
  TAJO_CO_ASSIGN_OR_RETURN(const v1::Credentials credentials,
                           co_await backend_.connections.GetCredentials(record.connection_id));
  Walk walk{
      record.connection_id, std::move(filter), store::Tombstones(base::Secret(credentials.erasure_key())), {}, {}, {}};
  walk.options.now_ms = base::ToMillis(backend_.clock.Now());
  walk.options.ledger_days = record.config.retention().ledger_days();
  walk.options.high_water = record.config.stream_high_water();
  walk.options.dry_run = request.dry_run();
  const absl::Status status = co_await ReplayAll(walk);
  // Also for what a failure came behind.
  if (!request.dry_run() && !walk.owner_worker.empty()) {
    (void)co_await backend_.intake.Wake(walk.owner_worker, record.connection_id);
  }
  if (!request.dry_run() && walk.counts.replayed() > 0) {
    backend_.log.Info("dead letters replayed",
                      {{"connection", record.connection_id}, {"replayed", walk.counts.replayed()}});
  }
  if (!status.ok()) co_return status;
  co_return std::move(walk.counts);
}

}  // namespace tajo::gateway
