#include "services/gateway/syncs.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "common/base/error.h"
#include "common/config/connection_rules.h"
#include "common/store/keys.h"
#include "services/gateway/directory.h"
#include "services/gateway/render.h"
#include "services/gateway/verification.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::gateway {
namespace {

namespace v1 = ::tajo::jira::v1;

constexpr int kMaxBatch = 100;
constexpr std::chrono::seconds kRedisAway{30};
constexpr char kSkipInitialSync[] = "skip_initial_sync";

absl::Status CheckRequest(const v1::StartSyncRequest& request) {
  static const auto& kResources = *new std::set<std::string>{"issues", "projects", "users", "comments", "worklogs"};
  for (const std::string& resource : request.resources()) {
    if (!kResources.contains(resource)) {
      return base::FieldError(v1::REQUEST_INVALID, "resources",
                              "resources are issues, projects, users, comments and worklogs");
    }
  }
  if (request.batch_size() < 0 || request.batch_size() > kMaxBatch) {
    return base::FieldError(v1::REQUEST_INVALID, "batch_size",
                            fmt::format("batch_size is 1 to {}, or 0 for {}", kMaxBatch, kMaxBatch));
  }
  if (!v1::SyncType_IsValid(request.type())) {
    return base::FieldError(v1::REQUEST_INVALID, "type", "type is FULL or INCREMENTAL");
  }
  if (const auto complaint = config::CheckJqlFilter(request.jql())) {
    return base::FieldError(v1::JIRA_JQL_INVALID, "jql", fmt::format("jql: {}", *complaint));
  }
  return absl::OkStatus();
}

// A sync that nobody would run isn't queued.
absl::Status CheckRuns(const store::ConnectionRecord& record) {
  switch (record.state) {
    case v1::PENDING:
      return base::Error(v1::CONNECTION_PENDING, "the connection awaits consent: complete the authorization first");
    case v1::PAUSED:
      return base::Error(v1::CONNECTION_PAUSED, record.reason.empty()
                                                    ? std::string("the connection is paused: resume it first")
                                                    : fmt::format("the connection is paused: {}", record.reason));
    case v1::NEEDS_REAUTHORIZATION:
      return base::Error(v1::OAUTH_REAUTHORIZATION_REQUIRED,
                         fmt::format("the connection can't log in to Jira: {}", record.reason));
    case v1::DISCONNECTING:
      return base::Error(v1::CONNECTION_NOT_FOUND, "the connection is being removed");
    default:
      return absl::OkStatus();
  }
}

absl::Status CheckSyncId(const std::string& id) {
  const bool good =
      id.size() > 2 && id.size() <= 64 && id.starts_with("s_") &&
      std::all_of(id.begin() + 2, id.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'); });
  if (good) return absl::OkStatus();
  return base::FieldError(v1::SYNC_NOT_FOUND, "sync_id", "sync_id isn't one: StartSync gives it, s_ and a number");
}

std::string JobKey(const std::string& connection_id) {
  return store::Keys(connection_id).Of(kSkipInitialSync);
}

}  // namespace

base::Task<absl::StatusOr<std::string>> StartInitialSync(Backend& backend, std::string connection_id) {
  store::Job job;
  job.full = true;
  auto started = co_await backend.jobs.Start(std::move(connection_id), std::move(job));
  if (!started.ok()) co_return started.status();
  co_return started->id;
}

base::Task<absl::Status> SkipInitialSync(Backend& backend, std::string connection_id) {
  redis::Args set = {"SET", JobKey(connection_id), "1"};
  const auto reply = co_await backend.redis.Execute(std::move(set));
  co_return reply.status();
}

base::Task<absl::StatusOr<bool>> WantsInitialSync(Backend& backend, std::string connection_id) {
  redis::Args take = {"GETDEL", JobKey(connection_id)};
  const auto reply = co_await backend.redis.Execute(std::move(take));
  if (!reply.ok()) co_return reply.status();
  co_return reply->IsNil();
}

base::Task<absl::StatusOr<v1::Sync>> SyncCalls::Show(store::ConnectionRecord record, store::Job job) {
  TAJO_CO_ASSIGN_OR_RETURN(const store::ConnectionOverview overview,
                           co_await store::ReadOverview(backend_.redis, record.connection_id));
  co_return ShowSync(record, job, overview, base::ToMillis(backend_.clock.Now()));
}

base::Task<absl::StatusOr<v1::Sync>> SyncCalls::Read(store::ConnectionRecord record, std::string sync_id) {
  TAJO_CO_RETURN_IF_ERROR(CheckSyncId(sync_id));
  TAJO_CO_ASSIGN_OR_RETURN(store::Job job, co_await backend_.jobs.Get(record.connection_id, std::move(sync_id)));
  co_return co_await Show(std::move(record), std::move(job));
}

base::Task<absl::StatusOr<v1::Sync>> SyncCalls::Start(Caller caller, v1::StartSyncRequest request) {
  TAJO_CO_RETURN_IF_ERROR(CheckRequest(request));
  TAJO_CO_ASSIGN_OR_RETURN(store::ConnectionRecord record,
                           co_await FindConnection(backend_.connections, caller, request.connection()));
  TAJO_CO_RETURN_IF_ERROR(CheckRuns(record));
  if (!request.jql().empty()) {
    TAJO_CO_ASSIGN_OR_RETURN(const v1::Credentials credentials,
                             co_await backend_.connections.GetCredentials(record.connection_id));
    TAJO_CO_ASSIGN_OR_RETURN(const auto jira, backend_.OpenJira(record.connection_id, record.config, credentials));
    std::string jql = request.jql();
    std::string field = "jql";
    TAJO_CO_RETURN_IF_ERROR(co_await CheckJql(jira->Live(), std::move(jql), std::move(field)));
  }
  store::Job job;
  job.full = request.type() == v1::FULL;
  job.resources.assign(request.resources().begin(), request.resources().end());
  job.jql = request.jql();
  job.batch_size = request.batch_size();
  TAJO_CO_ASSIGN_OR_RETURN(store::Job started, co_await backend_.jobs.Start(record.connection_id, std::move(job)));
  co_return co_await Show(std::move(record), std::move(started));
}

base::Task<absl::StatusOr<v1::Sync>> SyncCalls::Get(Caller caller, v1::GetSyncRequest request) {
  TAJO_CO_ASSIGN_OR_RETURN(store::ConnectionRecord record,
                           co_await FindConnection(backend_.connections, caller, request.connection()));
  co_return co_await Read(std::move(record), request.sync_id());
}

base::Task<absl::Status> SyncCalls::Watch(Caller caller, v1::GetSyncRequest request, Send send,
                                          const std::atomic<bool>& ending) {
  TAJO_CO_ASSIGN_OR_RETURN(const store::ConnectionRecord record,
                           co_await FindConnection(backend_.connections, caller, request.connection()));
  std::string last;
  base::MonotonicTime answered = backend_.clock.Monotonic();
  while (true) {
    auto sync = co_await Read(record, request.sync_id());
    if (sync.ok()) {
      answered = backend_.clock.Monotonic();
      v1::Sync comparable = *sync;
      comparable.clear_eta();  // moves with the clock
      std::string state = comparable.SerializeAsString();
      const bool ended = sync->has_ended_at();
      if (state != last) {
        last = std::move(state);
        const bool heard = co_await send(*std::move(sync));
        if (!heard) co_return absl::OkStatus();
      }
      if (ended) co_return absl::OkStatus();
    } else {
      const base::Reason reason = base::ReasonOf(sync.status());
      const bool passing = reason == v1::REDIS_UNAVAILABLE || reason == v1::REDIS_AMBIGUOUS;
      if (!passing || backend_.clock.Monotonic() - answered > kRedisAway) co_return sync.status();
    }
    if (ending.load(std::memory_order_acquire)) {
      co_return absl::UnavailableError("the gateway is ending: watch again, another one answers");
    }
    co_await backend_.clock.Sleep(backend_.options.watch_interval);
  }
}

base::Task<absl::StatusOr<v1::Sync>> SyncCalls::Cancel(Caller caller, v1::CancelSyncRequest request) {
  TAJO_CO_ASSIGN_OR_RETURN(store::ConnectionRecord record,
                           co_await FindConnection(backend_.connections, caller, request.connection()));
  TAJO_CO_RETURN_IF_ERROR(CheckSyncId(request.sync_id()));
  TAJO_CO_ASSIGN_OR_RETURN(store::Job job, co_await backend_.jobs.Cancel(record.connection_id, request.sync_id()));
  co_return co_await Show(std::move(record), std::move(job));
}

}  // namespace tajo::gateway
