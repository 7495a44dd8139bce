#include "common/store/capacity.h"

#include <utility>

#include "common/base/error.h"
#include "common/store/keys.h"
#include "common/store/lua_scripts.h"
#include "common/store/pipeline.h"
#include "common/store/reply_read.h"
#include "common/store/scripts.h"
#include "tajo/jira/v1/error.pb.h"
#include "tajo/jira/v1/event.pb.h"

namespace tajo::store {
namespace {

// About 100 tickets each.
constexpr char kBucketsAStep[] = "20";

const redis::Script& RecountScript() {
  static const redis::Script script = OwnerScript(std::string(lua::kCapacity).append(lua::kRecountCapacity));
  return script;
}

uint64_t FromBigEndian(std::string_view bytes) {
  uint64_t number = 0;
  for (const char c : bytes) number = number << 8 | static_cast<uint8_t>(c);
  return number;
}

// A project's id as a varint and an assignee's hash, or none: see lua/capacity.lua.
bool ReadField(std::string_view field, Workload& work) {
  uint64_t project = 0;
  std::size_t size = 0;
  for (bool more = true; more; ++size) {
    if (size == field.size() || size == 9) return false;
    const auto byte = static_cast<uint8_t>(field[size]);
    project |= static_cast<uint64_t>(byte & 0x7f) << (7 * size);
    more = byte > 0x7f;
  }
  const std::string_view assignee = field.substr(size);
  work.project_id = static_cast<int64_t>(project);
  work.assignee_hash = FromBigEndian(assignee);
  return assignee.empty() || assignee.size() == 8;
}

std::vector<Workload> WorkloadsOf(const std::map<std::string, std::string>& fields) {
  std::vector<Workload> workloads;
  for (const auto& [field, sums] : fields) {
    Workload work;
    if (!ReadField(field, work) || sums.size() != 40) continue;
    const auto sum = [&sums](std::size_t place) {
      return static_cast<int64_t>(FromBigEndian(std::string_view(sums).substr(place * 8, 8)));
    };
    work.open_issues = sum(0);
    work.original_estimate_min = sum(1);
    work.remaining_estimate_min = sum(2);
    work.time_spent_min = sum(3);
    work.story_points_x10 = sum(4);
    workloads.push_back(work);
  }
  return workloads;
}

}  // namespace

bool IsOpenWork(const IssueRecord& record) {
  return !record.deleted && record.admitted && record.status_category != jira::v1::DONE;
}

std::string AssigneeField(std::string_view account_id) {
  const uint64_t hash = AssigneeHash(account_id);
  std::string field;
  for (int shift = 56; shift >= 0; shift -= 8) field += static_cast<char>(hash >> shift & 0xff);
  return field;
}

base::Task<absl::StatusOr<Capacity>> ReadCapacity(redis::Client& redis, std::string connection_id) {
  const Keys keys(connection_id);
  std::vector<redis::Args> reads = {{"HGET", keys.Cursors(), kCursorCapacityCounted},
                                    {"HGETALL", keys.Of("capacity")},
                                    {"HGETALL", keys.Of("assignees")},
                                    {"HGETALL", keys.Of("project_keys")}};
  TAJO_CO_ASSIGN_OR_RETURN(const auto replies, co_await ExecuteAll(redis, std::move(reads)));
  Capacity capacity;
  if (replies[0].IsNil()) co_return capacity;
  capacity.counted_ms = ToNumber(replies[0].String());
  capacity.workloads = WorkloadsOf(FieldsOf(replies[1]));
  for (const auto& [assignee, account] : FieldsOf(replies[2])) {
    if (assignee.size() == 8) capacity.accounts[FromBigEndian(assignee)] = account;
  }
  for (const auto& [project, key] : FieldsOf(replies[3])) capacity.project_keys[ToNumber(project)] = key;
  co_return capacity;
}

base::Task<absl::StatusOr<Recount>> RecountCapacity(OwnerStore& owner, int64_t now_ms) {
  redis::Args args = {kBucketsAStep, std::to_string(now_ms), kCursorCapacityCounted};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply, co_await owner.Run(RecountScript(), std::move(args)));
  if (reply.Elements().size() != 2) co_return base::Error(jira::v1::INTERNAL, "the recount script gave no answer");
  Recount recount;
  recount.done = reply.Elements()[0].Integer() == 0;
  recount.wrong = reply.Elements()[1].Integer();
  co_return recount;
}

}  // namespace tajo::store
