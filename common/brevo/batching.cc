#include "common/brevo/batching.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

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

// One import's rows by bytes. A single row over the limit goes by upsert.
void Cut(std::span<const ContactWrite> contacts, const std::vector<int64_t>& list_ids,
         const std::vector<std::size_t>& rows, std::size_t max_bytes, ImportPlan& plan) {
  std::size_t bytes = max_bytes;  // full: the first row opens an import
  for (const std::size_t row : rows) {
    const auto encoded = ImportRowJson(contacts[row].email, contacts[row].attributes);
    if (!encoded.ok() || encoded->size() + 1 + kImportFrame > max_bytes) {
      plan.upserts.push_back(row);
      continue;
    }
    if (bytes + encoded->size() + 1 > max_bytes) {
      plan.imports.push_back({list_ids, {}});
      bytes = kImportFrame;
    }
    bytes += encoded->size() + 1;
    plan.imports.back().rows.push_back(row);
  }
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

ImportPlan PlanImport(std::span<const ContactWrite> contacts, std::size_t max_bytes, std::size_t min_rows) {
  ImportPlan plan;
  // Ordered, so that the same contacts make the same plan.
  std::map<std::vector<int64_t>, std::vector<std::size_t>> by_lists;
  for (std::size_t i = 0; i < contacts.size(); ++i) {
    if (!FitsImport(contacts[i])) {
      plan.upserts.push_back(i);
      continue;
    }
    std::vector<int64_t> list_ids = contacts[i].list_ids;
    std::sort(list_ids.begin(), list_ids.end());
    list_ids.erase(std::unique(list_ids.begin(), list_ids.end()), list_ids.end());
    by_lists[std::move(list_ids)].push_back(i);
  }
  for (const auto& [list_ids, rows] : by_lists) {
    if (rows.size() < min_rows) {
      plan.upserts.insert(plan.upserts.end(), rows.begin(), rows.end());
    } else {
      Cut(contacts, list_ids, rows, max_bytes, plan);
    }
  }
  std::sort(plan.upserts.begin(), plan.upserts.end());
  return plan;
}

}  // namespace tajo::brevo
