#include "common/store/issue_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "common/base/error.h"
#include "common/crypto/digest.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::store {
namespace {

constexpr std::size_t kHeadBytes = 37;
constexpr uint8_t kDeleted = 1;
constexpr uint8_t kAdmitted = 2;
constexpr int kCategoryShift = 2;
constexpr uint8_t kHasAssignee = 16;
// Bounds that keep a record within 64 bytes: 510 years of work, 1,638 story points.
constexpr int64_t kMaxMinutes = (1 << 28) - 1;
constexpr int64_t kMaxStoryPointsX10 = (1 << 14) - 1;

void AppendBigEndian(uint64_t value, int bytes, std::string& out) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xff);
}

void AppendVarint(uint64_t value, std::string& out) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(0x80 | (value & 0x7f));
  out += static_cast<char>(value);
}

uint64_t NonNegative(int64_t value) {
  return static_cast<uint64_t>(std::max<int64_t>(value, 0));
}

// Reads fixed and variable numbers one after the other; `ok` tells afterwards whether all were there.
struct Cursor {
  std::string_view bytes;
  bool ok = true;

  uint64_t BigEndian(std::size_t width) {
    if (bytes.size() < width) return Fail();
    uint64_t value = 0;
    for (std::size_t i = 0; i < width; ++i) value = value << 8 | static_cast<uint8_t>(bytes[i]);
    bytes.remove_prefix(width);
    return value;
  }
  uint64_t Varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (bytes.empty()) return Fail();
      const auto byte = static_cast<uint8_t>(bytes.front());
      bytes.remove_prefix(1);
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return Fail();
  }
  uint64_t Fail() {
    ok = false;
    return 0;
  }
};

}  // namespace

std::string IssueRecord::Pack() const {
  std::string out;
  out.reserve(64);
  AppendBigEndian(NonNegative(version_ms), 8, out);
  AppendBigEndian(NonNegative(verified_until_ms), 8, out);
  out.append(contact.bytes.begin(), contact.bytes.end());
  uint8_t flags = static_cast<uint8_t>((status_category & 3) << kCategoryShift);
  if (deleted) flags |= kDeleted;
  if (admitted) flags |= kAdmitted;
  if (assignee_hash != 0) flags |= kHasAssignee;
  out += static_cast<char>(flags);
  AppendBigEndian(list_id, 4, out);
  AppendVarint(NonNegative(project_id), out);
  if (assignee_hash != 0) AppendBigEndian(assignee_hash, 8, out);
  for (const int64_t minutes : {original_estimate_min, remaining_estimate_min, time_spent_min}) {
    AppendVarint(NonNegative(std::min(minutes, kMaxMinutes)), out);
  }
  AppendVarint(NonNegative(std::min<int64_t>(story_points_x10, kMaxStoryPointsX10)), out);
  return out;
}

absl::StatusOr<IssueRecord> IssueRecord::Unpack(std::string_view bytes) {
  IssueRecord record;
  Cursor in{bytes};
  record.version_ms = static_cast<int64_t>(in.BigEndian(8));
  record.verified_until_ms = static_cast<int64_t>(in.BigEndian(8));
  if (in.bytes.size() >= record.contact.bytes.size()) {
    std::memcpy(record.contact.bytes.data(), in.bytes.data(), record.contact.bytes.size());
    in.bytes.remove_prefix(record.contact.bytes.size());
  } else {
    in.Fail();
  }
  const auto flags = static_cast<uint8_t>(in.BigEndian(1));
  record.deleted = (flags & kDeleted) != 0;
  record.admitted = (flags & kAdmitted) != 0;
  record.status_category = flags >> kCategoryShift & 3;
  record.list_id = static_cast<uint32_t>(in.BigEndian(4));
  record.project_id = static_cast<int64_t>(in.Varint());
  if ((flags & kHasAssignee) != 0) record.assignee_hash = in.BigEndian(8);
  record.original_estimate_min = static_cast<int64_t>(in.Varint());
  record.remaining_estimate_min = static_cast<int64_t>(in.Varint());
  record.time_spent_min = static_cast<int64_t>(in.Varint());
  record.story_points_x10 = static_cast<int32_t>(in.Varint());
  if (!in.ok || bytes.size() < kHeadBytes) {
    return base::Error(
        jira::v1::INTERNAL,
        fmt::format("an issue's record of {} bytes can't be read; a full sync writes it anew", bytes.size()));
  }
  return record;
}

std::string IssueBucket(int64_t issue_id) {
  return fmt::format("issues:{}", issue_id / 100);
}

uint64_t AssigneeHash(std::string_view account_id) {
  const crypto::Digest digest = crypto::Sha256(std::string("assignee:").append(account_id));
  uint64_t hash = 0;
  for (int i = 0; i < 8; ++i) hash = hash << 8 | digest[static_cast<std::size_t>(i)];
  return hash == 0 ? 1 : hash;
}

}  // namespace tajo::store
