#pragma once

#include <cstdint>
#include <string>

#include "tajo/jira/v1/event.pb.h"
#include "tajo/jira/v1/record.pb.h"

namespace tajo::gateway {

// What a dead letter is about, as far as its payload can be read.
struct LetterView {
  int64_t issue_id = 0;   // 0: of no issue, or of one that only its key names
  std::string issue_key;  // may be empty
  std::string summary;    // without personal data
};
LetterView ViewOf(const jira::v1::DeadLetterRecord& letter);
// The same of an entry of `events`, and of one of `outbox`.
LetterView ViewOf(const jira::v1::Event& event);
LetterView ViewOf(const jira::v1::OutboxEvent& event);

// The whole payload as JSON, personal data included; "" if it can't be read.
std::string PayloadJson(const jira::v1::DeadLetterRecord& letter);

}  // namespace tajo::gateway
