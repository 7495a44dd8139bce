#include "common/store/leases.h"

#include <utility>

#include "common/store/keys.h"
#include "common/store/lua_scripts.h"
#include "common/store/reply_read.h"
#include "common/store/scripts.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::store {
namespace {

const redis::Script& RenewScript() {
  static const redis::Script script = OwnerScript(lua::kRenewLease);
  return script;
}
const redis::Script& ReleaseScript() {
  static const redis::Script script = OwnerScript(lua::kReleaseLease);
  return script;
}
const redis::Script& HeartbeatScript() {
  static const redis::Script script(lua::kHeartbeat);
  return script;
}

}  // namespace

Leases::Leases(redis::Client& redis, base::Random& random, std::string worker_id, std::chrono::milliseconds ttl,
               std::string pool)
    : redis_(redis),
      random_(random),
      worker_id_(std::move(worker_id)),
      ttl_(ttl),
      workers_key_(std::string(kWorkersKey) + (pool.empty() ? "" : ":" + pool)) {}

base::Task<absl::StatusOr<std::optional<LeaseToken>>> Leases::Acquire(std::string connection_id) {
  LeaseToken token{worker_id_ + "/" + random_.Hex(8)};
  redis::Args set = {"SET", Keys(connection_id).Lease(), token.value, "NX", "PX", std::to_string(ttl_.count())};
  const absl::StatusOr<redis::Reply> reply = co_await redis_.Execute(std::move(set));
  if (!reply.ok()) co_return reply.status();
  if (reply->IsNil()) co_return std::optional<LeaseToken>();
  co_return std::optional<LeaseToken>(std::move(token));
}

base::Task<absl::StatusOr<OwnerBacklog>> Leases::Renew(std::string connection_id, LeaseToken lease) {
  const Keys keys(connection_id);
  redis::Args script_keys = {keys.Lease()};
  redis::Args args = {keys.Prefix(), lease.value, std::to_string(ttl_.count()), std::to_string(kBackfillOffset)};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply,
                           co_await redis_.Run(RenewScript(), std::move(script_keys), std::move(args)));
  TAJO_CO_RETURN_IF_ERROR(CheckLease(reply));
  const redis::Reply::Array& counts = reply.Elements();
  OwnerBacklog backlog;
  if (counts.size() != 9) co_return base::Error(jira::v1::INTERNAL, "the renewal script gave no backlog");
  backlog.events = counts[0].Integer();
  backlog.jobs = counts[1].Integer();
  backlog.outbox = counts[2].Integer();
  backlog.dirty_live = counts[3].Integer();
  backlog.dirty_backfill = counts[4].Integer();
  backlog.stale = counts[5].Integer();
  backlog.oldest_event_ms = ToNumber(counts[6].String());  // "<ms>-<sequence>"
  backlog.generation = counts[7].Integer();
  backlog.people = counts[8].Integer();
  co_return backlog;
}

base::Task<absl::Status> Leases::Release(std::string connection_id, LeaseToken lease) {
  const Keys keys(connection_id);
  redis::Args script_keys = {keys.Lease()};
  redis::Args args = {keys.Prefix(), lease.value};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply,
                           co_await redis_.Run(ReleaseScript(), std::move(script_keys), std::move(args)));
  co_return CheckLease(reply);
}

base::Task<absl::StatusOr<int64_t>> Leases::Heartbeat() {
  redis::Args keys = {workers_key_};
  redis::Args args = {worker_id_, std::to_string(ttl_.count() / 2)};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply,
                           co_await redis_.Run(HeartbeatScript(), std::move(keys), std::move(args)));
  co_return reply.Integer();
}

base::Task<absl::Status> Leases::Leave() {
  redis::Args remove = {"ZREM", workers_key_, worker_id_};
  const absl::StatusOr<redis::Reply> reply = co_await redis_.Execute(std::move(remove));
  co_return reply.status();
}

base::Task<absl::StatusOr<std::vector<std::string>>> Leases::AllConnections() {
  redis::Args read = {"SMEMBERS", std::string(kConnectionsKey)};
  TAJO_CO_ASSIGN_OR_RETURN(redis::Reply reply, co_await redis_.Execute(std::move(read)));
  std::vector<std::string> ids;
  ids.reserve(reply.Elements().size());
  for (const redis::Reply& id : reply.Elements()) ids.push_back(id.String());
  co_return ids;
}

}  // namespace tajo::store
