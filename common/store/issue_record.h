#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/store/ids.h"

namespace tajo::store {

// What we remember of an issue, packed into at most 64 bytes so that `issues:<bucket>` stays a
// listpack. The head has fixed places, since the apply script reads it:
//   0  version         u64 big endian: fields.updated in ms
//   8  verified_until  u64 big endian: ms; only a REST read of histories and comments moves it
//   16 contact         16 bytes; zeros: none
//   32 flags           u8: bit 0 deleted (tombstone), bit 1 admitted by the connection's filters,
//                      bits 2-3 status category
//   33 list            u32 big endian: the Brevo list of its project; 0: none
//   37 project, assignee (64-bit hash of the account id), estimates: varints
struct IssueRecord {
  int64_t version_ms = 0;
  int64_t verified_until_ms = 0;
  ContactId contact;
  bool deleted = false;
  bool admitted = true;
  int status_category = 0;  // v1::StatusCategory
  uint32_t list_id = 0;
  int64_t project_id = 0;
  uint64_t assignee_hash = 0;  // 0: unassigned
  int64_t original_estimate_min = 0;
  int64_t remaining_estimate_min = 0;
  int64_t time_spent_min = 0;
  int32_t story_points_x10 = 0;

  std::string Pack() const;
  static absl::StatusOr<IssueRecord> Unpack(std::string_view bytes);
};

// "issues:<bucket>" for an issue: about 100 neighbours by id share a hash.
std::string IssueBucket(int64_t issue_id);
uint64_t AssigneeHash(std::string_view account_id);  // never 0

}  // namespace tajo::store
