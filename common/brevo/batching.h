#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
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
  std::vector<int64_t> list_ids;      // never empty: Brevo demands a list
  std::vector<std::size_t> contacts;  // which of those that were added
  std::vector<std::string> rows;      // of each of them, as it is sent
};
struct ImportPlan {
  std::vector<PlannedImport> imports;
  // What an import can't do right: no e-mail or list, a list to leave, an attribute to clear, a
  // boolean (Brevo drops it), a second identifier (Brevo would merge contacts).
  std::vector<std::size_t> upserts;
};

// Made of contacts one by one, so that the loop can turn to others in between.
class ImportPlanner {
 public:
  explicit ImportPlanner(std::size_t max_bytes = kMaxImportBytes, std::size_t min_rows = kMinImportRows)
      : max_bytes_(max_bytes), min_rows_(min_rows) {}

  // The first is number 0.
  void Add(const ContactWrite& contact);
  ImportPlan Finish();

 private:
  struct Group {
    std::vector<PlannedImport> imports;  // each but the last is full
    std::size_t bytes = 0;               // of the last
    std::size_t rows = 0;                // of all
  };

  std::size_t max_bytes_;
  std::size_t min_rows_;
  std::size_t added_ = 0;
  std::map<std::vector<int64_t>, Group> by_lists_;  // ordered, so that the same contacts make the same plan
  std::vector<std::size_t> upserts_;
};

}  // namespace tajo::brevo
