#pragma once

#include <string>

#include "common/redis/client.h"
#include "tajo/jira/v1/record.pb.h"

namespace tajo::store {

// A dead letter as its entry in `dead` has it: record, kind, reason.
inline void AppendLetter(const jira::v1::DeadLetterRecord& letter, redis::Args& out) {
  out.push_back(letter.SerializeAsString());
  out.push_back(letter.kind());
  out.push_back(std::to_string(letter.reason()));
}

}  // namespace tajo::store
