#include "services/gateway/letter_filter.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "common/base/error.h"
#include "services/gateway/problems.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::gateway {
namespace {

namespace v1 = ::tajo::jira::v1;

constexpr int kMostIds = 1000;

int64_t MillisOf(const google::protobuf::Timestamp& time) {
  return time.seconds() * 1000 + time.nanos() / 1'000'000;
}

// As Timestamp's own bounds, the years 1 to 9999: what is beyond would overflow.
bool IsTime(const google::protobuf::Timestamp& time) {
  return time.seconds() >= -62'135'596'800 && time.seconds() <= 253'402'300'799 && time.nanos() >= 0 &&
         time.nanos() < 1'000'000'000;
}

}  // namespace

bool IsEntryId(const std::string& token) {
  return token.size() <= 42 &&
         std::all_of(token.begin(), token.end(), [](unsigned char c) { return std::isdigit(c) != 0 || c == '-'; });
}

absl::StatusOr<LetterFilter> LetterFilter::Read(const v1::DeadLetterFilter& filter) {
  LetterFilter read(filter);
  if (!v1::ErrorReason_IsValid(filter.reason())) {
    return Invalid("filter.reason", "reason is none that this version knows: see ErrorReason");
  }
  if (!filter.kind().empty() && filter.kind() != "event" && filter.kind() != "contact" && filter.kind() != "timeline") {
    return Invalid("filter.kind", "kind is event, contact or timeline, or empty for all");
  }
  if (!IsTime(filter.from())) return Invalid("filter.from", "from isn't a time of the years 1 to 9999");
  if (!IsTime(filter.to())) return Invalid("filter.to", "to isn't a time of the years 1 to 9999");
  if (filter.has_from() && filter.has_to() && MillisOf(filter.from()) >= MillisOf(filter.to())) {
    return Invalid("filter.to", "to isn't after from: no letter can match");
  }
  const auto is_id = [](const std::string& id) { return !id.empty() && IsEntryId(id); };
  if (filter.ids_size() > kMostIds || !std::all_of(filter.ids().begin(), filter.ids().end(), is_id)) {
    return Invalid("filter.ids", "ids are those that ListDeadLetters shows, at most 1000");
  }
  if (!filter.issue().empty()) {
    TAJO_ASSIGN_OR_RETURN(read.issue_, ReadIssueRef(filter.issue(), "filter.issue"));
  }
  return read;
}

bool LetterFilter::Admits(const store::DeadLetter& letter, const LetterView& view) const {
  const v1::DeadLetterRecord& record = letter.record;
  if (filter_.reason() != v1::ERROR_REASON_UNSPECIFIED && record.reason() != filter_.reason()) return false;
  if (filter_.has_from() && record.last_error_ms() < MillisOf(filter_.from())) return false;
  if (filter_.has_to() && record.last_error_ms() >= MillisOf(filter_.to())) return false;
  if (!filter_.kind().empty() && record.kind() != filter_.kind()) return false;
  if (issue_.id != 0 && view.issue_id != issue_.id) return false;
  if (!issue_.key.empty() && view.issue_key != issue_.key) return false;
  return filter_.ids().empty() ||
         std::find(filter_.ids().begin(), filter_.ids().end(), letter.entry_id) != filter_.ids().end();
}

bool LetterFilter::Names(v1::ErrorReason reason) const {
  return filter_.reason() == reason || !filter_.ids().empty();
}

}  // namespace tajo::gateway
