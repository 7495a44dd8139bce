#include "common/store/jobs.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "common/base/error.h"
#include "common/store/keys.h"
#include "common/store/lua_scripts.h"
#include "common/store/reply_read.h"
#include "common/store/scripts.h"

namespace tajo::store {
namespace {

constexpr char kEndedLifeSeconds[] = "604800";  // 7 days
constexpr std::array<std::string_view, 5> kStateNames = {"queued", "running", "succeeded", "failed", "cancelled"};

const redis::Script& StartScript() {
  static const redis::Script script(lua::kStartJob);
  return script;
}
const redis::Script& NextScript() {
  static const redis::Script script(lua::kNextJob);
  return script;
}
const redis::Script& CancelScript() {
  static const redis::Script script(lua::kCancelJob);
  return script;
}
const redis::Script& MoveScript() {
  static const redis::Script script = OwnerScript(lua::kMoveJob);
  return script;
}
const redis::Script& ProgressScript() {
  static const redis::Script script = OwnerScript(lua::kProgressJob);
  return script;
}

std::string NameOf(JobState state) {
  return std::string(kStateNames[static_cast<std::size_t>(state)]);
}

JobState StateOf(std::string_view name) {
  for (std::size_t i = 0; i < kStateNames.size(); ++i) {
    if (kStateNames[i] == name) return static_cast<JobState>(i);
  }
  return JobState::kFailed;
}

std::vector<std::string> Split(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    parts.emplace_back(text.substr(0, comma));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return parts;
}

std::string TypeOf(const Job& job) {
  if (job.full) return "full";
  return job.until_ms != 0 ? "window" : "incremental";
}

redis::Args FieldsOfJob(const Job& job) {
  return {"type",         TypeOf(job),
          "from_ms",      std::to_string(job.from_ms),
          "until_ms",     std::to_string(job.until_ms),
          "resources",    fmt::format("{}", fmt::join(job.resources, ",")),
          "jql",          job.jql,
          "batch_size",   std::to_string(job.batch_size),
          "scheduled",    job.scheduled ? "1" : "0",
          "state",        NameOf(job.state),
          kJobCheckpoint, job.checkpoint,
          "created_ms",   std::to_string(job.created_ms)};
}

Job JobOf(std::string id, const redis::Reply& reply) {
  const auto fields = FieldsOf(reply);
  Job job;
  job.id = std::move(id);
  const std::string type = TextOf(fields, "type");
  job.full = type != "incremental" && type != "window";
  job.from_ms = NumberOf(fields, "from_ms");
  job.until_ms = NumberOf(fields, "until_ms");
  job.resources = Split(TextOf(fields, "resources"));
  job.jql = TextOf(fields, "jql");
  job.batch_size = static_cast<int>(NumberOf(fields, "batch_size"));
  job.scheduled = NumberOf(fields, "scheduled") != 0;
  job.state = StateOf(TextOf(fields, "state"));
  job.checkpoint = TextOf(fields, kJobCheckpoint);
  job.issues_read = NumberOf(fields, kJobIssuesRead);
  job.issues_expected = NumberOf(fields, kJobIssuesExpected);
  job.waiting_for = TextOf(fields, kJobWaitingFor);
  job.cancel_requested = NumberOf(fields, "cancel") != 0;
  job.error_reason = static_cast<jira::v1::ErrorReason>(NumberOf(fields, "error_reason"));
  job.error_message = TextOf(fields, "error_message");
  job.created_ms = NumberOf(fields, "created_ms");
  job.started_ms = NumberOf(fields, "started_ms");
  job.ended_ms = NumberOf(fields, "ended_ms");
  return job;
}

absl::Status NoSuchSync(std::string_view job_id) {
  return base::Error(jira::v1::SYNC_NOT_FOUND,
                     fmt::format("there is no sync {}; syncs are kept for 7 days after their end", job_id));
}

}  // namespace

Jobs::Jobs(redis::Client& redis, const base::Clock& clock, base::Random& random)
    : redis_(redis), clock_(clock), random_(random) {}

base::Task<absl::StatusOr<Job>> Jobs::Start(std::string connection_id, Job job) {
  const Keys keys(connection_id);
  if (job.id.empty()) job.id = "s_" + random_.Hex(10);
  job.state = JobState::kQueued;
  job.created_ms = base::ToMillis(clock_.Now());
  redis::Args script_keys = {keys.Jobs()};
  redis::Args args = {keys.Prefix(), job.id, TypeOf(job), job.jql, std::to_string(job.created_ms)};
  for (std::string& field : FieldsOfJob(job)) args.push_back(std::move(field));
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply,
                           co_await redis_.Run(StartScript(), std::move(script_keys), std::move(args)));
  if (!reply.String().empty()) {
    co_return base::Error(jira::v1::SYNC_ALREADY_RUNNING,
                          fmt::format("{} is queued or running; wait for it or cancel it", reply.String()));
  }
  co_return job;
}

base::Task<absl::StatusOr<Job>> Jobs::Get(std::string connection_id, std::string job_id) {
  redis::Args read = {"HGETALL", Keys(connection_id).Job(job_id)};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply, co_await redis_.Execute(std::move(read)));
  if (reply.Elements().empty()) co_return NoSuchSync(job_id);
  co_return JobOf(std::move(job_id), reply);
}

base::Task<absl::StatusOr<std::optional<Job>>> Jobs::Next(std::string connection_id) {
  const Keys keys(connection_id);
  redis::Args script_keys = {keys.Jobs()};
  redis::Args args = {keys.Prefix()};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply,
                           co_await redis_.Run(NextScript(), std::move(script_keys), std::move(args)));
  if (reply.Elements().size() != 2) co_return std::optional<Job>();
  co_return std::optional<Job>(JobOf(reply.Elements()[0].String(), reply.Elements()[1]));
}

base::Task<absl::StatusOr<Job>> Jobs::Cancel(std::string connection_id, std::string job_id) {
  const Keys keys(connection_id);
  redis::Args script_keys = {keys.Jobs(), keys.Job(job_id)};
  redis::Args args = {job_id, std::to_string(base::ToMillis(clock_.Now())), kEndedLifeSeconds};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply,
                           co_await redis_.Run(CancelScript(), std::move(script_keys), std::move(args)));
  if (reply.Elements().empty()) co_return NoSuchSync(job_id);
  co_return JobOf(std::move(job_id), reply);
}

base::Task<absl::Status> Jobs::Move(std::string connection_id, LeaseToken lease, std::string job_id, JobState state,
                                    jira::v1::ErrorReason reason, std::string message) {
  const Keys keys(connection_id);
  redis::Args script_keys = {keys.Lease()};
  redis::Args args = {keys.Prefix(),
                      lease.value,
                      job_id,
                      NameOf(state),
                      std::to_string(static_cast<int>(reason)),
                      std::move(message),
                      std::to_string(base::ToMillis(clock_.Now())),
                      kEndedLifeSeconds};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply,
                           co_await redis_.Run(MoveScript(), std::move(script_keys), std::move(args)));
  TAJO_CO_RETURN_IF_ERROR(CheckLease(reply));
  if (IsWord(reply, "OK")) co_return absl::OkStatus();
  if (IsWord(reply, "MISSING")) co_return NoSuchSync(job_id);
  if (IsWord(reply, "cancelled")) co_return base::Error(jira::v1::SYNC_CANCELLED, "the sync was cancelled");
  co_return base::Error(jira::v1::INTERNAL, fmt::format("the sync {} has ended already: {}", job_id, reply.String()));
}

base::Task<absl::Status> Jobs::Progress(std::string connection_id, LeaseToken lease, std::string job_id,
                                        std::map<std::string, std::string> fields) {
  const Keys keys(connection_id);
  redis::Args script_keys = {keys.Lease()};
  redis::Args args = {keys.Prefix(), lease.value, job_id};
  for (auto& [name, value] : fields) {
    args.push_back(name);
    args.push_back(std::move(value));
  }
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply,
                           co_await redis_.Run(ProgressScript(), std::move(script_keys), std::move(args)));
  TAJO_CO_RETURN_IF_ERROR(CheckLease(reply));
  if (IsWord(reply, "MISSING")) co_return NoSuchSync(job_id);
  if (IsWord(reply, "CANCELLED"))
    co_return base::Error(jira::v1::SYNC_CANCELLED, "the sync was cancelled or has ended");
  co_return absl::OkStatus();
}

}  // namespace tajo::store
