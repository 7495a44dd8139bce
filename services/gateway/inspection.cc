#include "services/gateway/inspection.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <utility>

#include "common/base/error.h"
#include "common/store/overview.h"
#include "services/gateway/directory.h"
#include "services/gateway/render.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::gateway {
namespace {

namespace v1 = ::tajo::jira::v1;

constexpr int kDefaultPage = 100;
constexpr int kMaxPage = 1000;

int64_t MillisOf(const google::protobuf::Timestamp& time) {
  return time.seconds() * 1000 + time.nanos() / 1'000'000;
}

bool Admits(const v1::DeadLetterFilter& filter, const v1::DeadLetterRecord& letter) {
  if (filter.reason() != v1::ERROR_REASON_UNSPECIFIED && letter.reason() != filter.reason()) return false;
  if (filter.has_from() && letter.last_error_ms() < MillisOf(filter.from())) return false;
  return !filter.has_to() || letter.last_error_ms() < MillisOf(filter.to());
}

// A stream's entry id, "1790000000000-0".
bool IsEntryId(const std::string& token) {
  return token.size() <= 42 &&
         std::all_of(token.begin(), token.end(), [](unsigned char c) { return std::isdigit(c) != 0 || c == '-'; });
}

}  // namespace

base::Task<absl::StatusOr<v1::Status>> InspectionCalls::Status(Caller caller, v1::GetStatusRequest request) {
  TAJO_CO_ASSIGN_OR_RETURN(const store::ConnectionRecord record,
                           co_await FindConnection(backend_.connections, caller, request.connection()));
  TAJO_CO_ASSIGN_OR_RETURN(const store::ConnectionOverview overview,
                           co_await store::ReadOverview(backend_.redis, record.connection_id));
  co_return ShowStatus(record, overview, backend_.options.public_url);
}

base::Task<absl::StatusOr<v1::ListDeadLettersResponse>> InspectionCalls::DeadLetters(
    Caller caller, v1::ListDeadLettersRequest request) {
  if (request.page_size() < 0 || request.page_size() > kMaxPage) {
    co_return base::FieldError(v1::REQUEST_INVALID, "page_size", "page_size is 1 to 1000, or 0 for 100");
  }
  if (!IsEntryId(request.page_token())) {
    co_return base::FieldError(v1::REQUEST_INVALID, "page_token", "page_token isn't one that this call gave");
  }
  TAJO_CO_ASSIGN_OR_RETURN(const store::ConnectionRecord record,
                           co_await FindConnection(backend_.connections, caller, request.connection()));
  const int size = request.page_size() == 0 ? kDefaultPage : request.page_size();
  TAJO_CO_ASSIGN_OR_RETURN(
      const std::vector<store::DeadLetter> letters,
      co_await store::ReadDeadLetters(backend_.redis, record.connection_id, size, request.page_token()));
  v1::ListDeadLettersResponse response;
  for (const store::DeadLetter& letter : letters) {
    if (!Admits(request.filter(), letter.record)) continue;
    v1::DeadLetter& shown = *response.add_dead_letters();
    shown.set_id(letter.entry_id);
    shown.set_reason(static_cast<v1::ErrorReason>(letter.record.reason()));
    shown.set_message(letter.record.message());
    shown.set_kind(letter.record.kind());
    shown.set_attempts(letter.record.attempts());
    *shown.mutable_first_error() = TimestampOf(letter.record.first_error_ms());
    *shown.mutable_last_error() = TimestampOf(letter.record.last_error_ms());
  }
  if (letters.size() == static_cast<std::size_t>(size)) response.set_next_page_token(letters.back().entry_id);
  co_return response;
}

}  // namespace tajo::gateway
