#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tajo::brevo_sim {

enum class Plan { kGeneral, kAdvanced, kExtended, kOff };
// Which bucket POST /events/batch draws on: Brevo doesn't document it.
enum class BatchBucket { kEvents, kOther };
// How a batch with some bad events is answered: each of these was seen.
enum class PartialBatch { k207, k202, k400 };

struct Options {
  std::string listen = "127.0.0.1:0";
  uint64_t seed = 1;
  // Known keys; empty: every key that begins with "xkeysib-" has an account from its first call on.
  std::vector<std::string> api_keys;
  std::vector<int64_t> lists;  // exist in every account
  Plan plan = Plan::kGeneral;
  // Instead of the plan's; 0: the plan's.
  int64_t contacts_rps = 0;
  int64_t events_rps = 0;
  int64_t other_rph = 0;
  BatchBucket batch_bucket = BatchBucket::kEvents;
  PartialBatch partial_batch = PartialBatch::k207;
  // An event with a property of that name is refused; empty: none.
  std::string poison_property;
  int64_t import_delay_ms = 500;  // from the start of an import to its end
  int64_t min_poll_ms = 2'000;    // looking at one process more often is a violation
};

}  // namespace tajo::brevo_sim
