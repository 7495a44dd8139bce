#pragma once

#include "absl/status/statusor.h"
#include "common/store/overview.h"
#include "services/gateway/issue_ref.h"
#include "services/gateway/letter_view.h"
#include "tajo/jira/v1/connector.pb.h"

namespace tajo::gateway {

// A caller's DeadLetterFilter, checked.
class LetterFilter {
 public:
  // REQUEST_INVALID naming the part that is wrong.
  static absl::StatusOr<LetterFilter> Read(const jira::v1::DeadLetterFilter& filter);

  bool Admits(const store::DeadLetter& letter, const LetterView& view) const;
  // Whether letters of that reason are wanted by name, or by their ids.
  bool Names(jira::v1::ErrorReason reason) const;

 private:
  explicit LetterFilter(jira::v1::DeadLetterFilter filter) : filter_(std::move(filter)) {}

  jira::v1::DeadLetterFilter filter_;
  IssueRef issue_;
};

// A stream's entry id, "1790000000000-0", or nothing at all.
bool IsEntryId(const std::string& token);

}  // namespace tajo::gateway
