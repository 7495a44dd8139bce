#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "tajo/jira/v1/connector.pb.h"

namespace tajo::cli {

// How far a sync is, in one line without its end:
//   Reading issues  [██████████░░░░░░░░░░]  50%  2,500 of 5,000  812/s  3 s left
//   Writing to Brevo  1,204 contacts and 88 events left
// `columns` 0: a plain line without a bar, for a log. Longer than `columns` it never is.
std::string ProgressLine(const jira::v1::Sync& sync, int64_t now_ms, std::size_t columns);

// "Sync s_1 succeeded: 5,000 issues read in 12 s."
std::string SyncOutcome(const jira::v1::Sync& sync);

}  // namespace tajo::cli
