#include "common/store/owner_store.h"

#include <algorithm>
#include <utility>

#include "common/store/letter.h"
#include "common/store/lua_scripts.h"
#include "common/store/pipeline.h"
#include "common/store/plan_writer.h"
#include "common/store/reply_read.h"
#include "common/store/scripts.h"

namespace tajo::store {
namespace {

const redis::Script& LayDownScript() {
  static const redis::Script script = OwnerScript(lua::kLayDown);
  return script;
}
const redis::Script& TakeScript() {
  static const redis::Script script = OwnerScript(lua::kTakeEvents);
  return script;
}

}  // namespace

OwnerStore::OwnerStore(redis::Client& redis, const base::Clock& clock, std::string connection_id, LeaseToken lease,
                       int ledger_days, base::Secret erasure_key)
    : redis_(redis),
      clock_(clock),
      connection_id_(std::move(connection_id)),
      keys_(connection_id_),
      lease_(std::move(lease)),
      ledger_days_(ledger_days > 0 ? ledger_days : 30),
      tombstones_(std::move(erasure_key)) {}

base::Task<absl::StatusOr<redis::Reply>> OwnerStore::Run(const redis::Script& script, redis::Args args) {
  redis::Args keys = {keys_.Lease()};
  redis::Args owner_args = {keys_.Prefix(), lease_.value};
  owner_args.insert(owner_args.end(), std::make_move_iterator(args.begin()), std::make_move_iterator(args.end()));
  TAJO_CO_ASSIGN_OR_RETURN(redis::Reply reply, co_await redis_.Run(script, std::move(keys), std::move(owner_args)));
  TAJO_CO_RETURN_IF_ERROR(CheckLease(reply));
  co_return std::move(reply);
}

base::Task<absl::Status> OwnerStore::Confirm() {
  if (commit_ == nullptr) co_return absl::OkStatus();
  co_return co_await commit_->Join(keys_.Counters());
}

base::Task<absl::StatusOr<std::vector<TakenEvent>>> OwnerStore::Take(int count, std::vector<std::string> passed_over) {
  redis::Args args = {std::to_string(std::max(count, 1))};
  std::move(passed_over.begin(), passed_over.end(), std::back_inserter(args));
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply, co_await Run(TakeScript(), std::move(args)));
  const redis::Reply::Array& elements = reply.Elements();
  std::vector<TakenEvent> taken;
  taken.reserve(elements.size() / 3);
  for (std::size_t i = 0; i + 2 < elements.size(); i += 3) {
    TakenEvent& entry = taken.emplace_back();
    entry.entry_id = elements[i].String();
    entry.unreadable = !entry.event.ParseFromString(elements[i + 1].String());
    entry.crashes = static_cast<int>(elements[i + 2].Integer());
  }
  co_return taken;
}

base::Task<absl::Status> OwnerStore::LayDown() {
  const absl::StatusOr<redis::Reply> reply = co_await Run(LayDownScript(), {});
  co_return reply.status();
}

base::Task<absl::StatusOr<std::vector<std::optional<IssueRecord>>>> OwnerStore::Issues(std::vector<int64_t> ids) {
  // Neighbours share a hash: a command a bucket.
  std::map<std::string, std::vector<std::size_t>> places;
  for (std::size_t i = 0; i < ids.size(); ++i) places[IssueBucket(ids[i])].push_back(i);
  std::vector<redis::Args> commands;
  for (const auto& [bucket, members] : places) {
    redis::Args& command = commands.emplace_back(redis::Args{"HMGET", keys_.Of(bucket)});
    for (const std::size_t place : members) command.push_back(std::to_string(ids[place]));
  }
  TAJO_CO_ASSIGN_OR_RETURN(const auto replies, co_await ExecuteAll(redis_, std::move(commands)));
  std::vector<std::optional<IssueRecord>> records(ids.size());
  std::size_t next = 0;
  for (const auto& [bucket, members] : places) {
    const redis::Reply::Array& values = replies[next++].Elements();
    for (std::size_t i = 0; i < members.size() && i < values.size(); ++i) {
      if (values[i].IsNil()) continue;
      absl::StatusOr<IssueRecord> record = IssueRecord::Unpack(values[i].String());
      if (!record.ok()) co_return record.status();
      records[members[i]] = *std::move(record);
    }
  }
  co_return records;
}

base::Task<absl::StatusOr<std::map<std::string, std::string>>> OwnerStore::Cursors() {
  redis::Args read = {"HGETALL", keys_.Cursors()};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply, co_await redis_.Execute(std::move(read)));
  co_return FieldsOf(reply);
}

}  // namespace tajo::store
