#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "common/brevo/families.h"
#include "common/brevo/types.h"

namespace tajo::brevo {

inline constexpr std::size_t kMaxBatchEvents = 200;
inline constexpr std::size_t kMaxBatchBytes = 500'000;     // Brevo: 512 KB, without saying which KB
inline constexpr std::size_t kMaxImportBytes = 8'000'000;  // refused above 10 MB, advised at most 8
inline constexpr std::size_t kMaxListMembers = 150;        // of one add or remove
inline constexpr std::size_t kMinImportRows = 100;         // below, upserts are as quick and answer at once

// Half-open ranges into `encoded` (see EncodeEvent), in order, each fit for one POST /events/batch.
struct Range {
  std::size_t begin = 0;
  std::size_t end = 0;
};
std::vector<Range> CutEventBatches(std::span<const std::string> encoded);

enum class EventMode { kSingle, kBatch };
// The quicker way for `pending` events. An unmeasured batch bucket is tried with one batch.
EventMode ChooseEventMode(std::size_t pending, std::optional<Limit> single, std::optional<Limit> batch);

// How a large number of contacts is written: imports one after another, the rest by upsert.
struct PlannedImport {
  std::vector<int64_t> list_ids;  // never empty: Brevo demands a list
  std::vector<std::size_t> rows;  // indexes into what was planned
};
struct ImportPlan {
  std::vector<PlannedImport> imports;
  // What an import can't do right: no e-mail or list, a list to leave, an attribute to clear, a
  // boolean (Brevo drops it), a second identifier (Brevo would merge contacts).
  std::vector<std::size_t> upserts;
};
ImportPlan PlanImport(std::span<const ContactWrite> contacts, std::size_t max_bytes = kMaxImportBytes,
                      std::size_t min_rows = kMinImportRows);

}  // namespace tajo::brevo
