#include "common/brevo/batching.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "common/brevo/encode.h"

namespace tajo::brevo {
namespace {

constexpr std::size_t kBatchFrame = std::string_view(R"({"events":[]})").size();
constexpr std::size_t kImportFrame = 512;  // options and list ids; generous

bool IsIdentifierAttribute(std::string_view name) {
  constexpr std::array<std::string_view, 5> kIdentifiers = {"EMAIL", "EXT_ID", "SMS", "WHATSAPP", "LANDLINE_NUMBER"};
  return std::find(kIdentifiers.begin(), kIdentifiers.end(), name) != kIdentifiers.end();
}

bool FitsImport(const ContactWrite& contact) {
  if (contact.email.empty() || contact.list_ids.empty()) return false;
  if (!contact.ext_id.empty() || !contact.unlink_list_ids.empty()) return false;
  return std::none_of(contact.attributes.begin(), contact.attributes.end(), [](const auto& attribute) {
    const auto& [name, value] = attribute;
    const bool clears = value == R"("")" || value == "null" || value == "[]";
    return clears || value == "true" || value == "false" || IsIdentifierAttribute(name);
  });
}

}  // namespace

std::vector<Range> CutEventBatches(std::span<const std::string> encoded) {
  std::vector<Range> ranges;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    const std::size_t size = encoded[i].size() + 1;
    const bool full = ranges.empty() || i - ranges.back().begin >= kMaxBatchEvents || bytes + size > kMaxBatchBytes;
    if (full) {
      ranges.push_back({i, i});
      bytes = kBatchFrame;
    }
    bytes += size;
    ranges.back().end = i + 1;
  }
  return ranges;
}

EventMode ChooseEventMode(std::size_t pending, std::optional<Limit> single, std::optional<Limit> batch) {
  if (pending <= 1) return EventMode::kSingle;
  if (!batch) return EventMode::kBatch;
  const double single_rate = single.value_or(GeneralPlan(Family::kEvents)).PerSecond();
  const std::size_t batches = (pending + kMaxBatchEvents - 1) / kMaxBatchEvents;
  const auto calls = static_cast<double>(batches);
  return calls / batch->PerSecond() <= static_cast<double>(pending) / single_rate ? EventMode::kBatch
                                                                                  : EventMode::kSingle;
}

void ImportPlanner::Add(const ContactWrite& contact) {
  const std::size_t number = added_++;
  absl::StatusOr<std::string> row = std::string();
  if (FitsImport(contact)) row = ImportRowJson(contact.email, contact.attributes);
  // A single row over the limit goes by upsert, too.
  if (!row.ok() || row->empty() || row->size() + 1 + kImportFrame > max_bytes_) {
    upserts_.push_back(number);
    return;
  }
  std::vector<int64_t> list_ids = contact.list_ids;
  std::sort(list_ids.begin(), list_ids.end());
  list_ids.erase(std::unique(list_ids.begin(), list_ids.end()), list_ids.end());
  Group& group = by_lists_[list_ids];
  if (group.imports.empty() || group.bytes + row->size() + 1 > max_bytes_) {
    group.imports.push_back({std::move(list_ids), {}, {}});
    group.bytes = kImportFrame;
  }
  group.bytes += row->size() + 1;
  ++group.rows;
  group.imports.back().contacts.push_back(number);
  group.imports.back().rows.push_back(*std::move(row));
}

ImportPlan ImportPlanner::Finish() {
  ImportPlan plan;
  plan.upserts = std::move(upserts_);
  for (auto& [list_ids, group] : by_lists_) {
    for (PlannedImport& import : group.imports) {
      if (group.rows < min_rows_) {
        plan.upserts.insert(plan.upserts.end(), import.contacts.begin(), import.contacts.end());
      } else {
        plan.imports.push_back(std::move(import));
      }
    }
  }
  std::sort(plan.upserts.begin(), plan.upserts.end());
  return plan;
}

}  // namespace tajo::brevo
