#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "cli/commands/connector_command.h"
#include "cli/output/documents.h"
#include "cli/output/progress.h"
#include "cli/output/text.h"
#include "common/base/clock.h"
#include "common/base/error.h"

namespace tajo::cli {
namespace {

// A gateway that is being replaced comes back within this.
constexpr std::chrono::seconds kPatience{60};
// Between two lines of progress where they can't be drawn over each other.
constexpr std::chrono::seconds kPlainPace{5};

struct SyncFlags : ConnectorFlags {
  std::string type = "incremental";
  std::vector<std::string> resources;
  std::string jql;
  int batch_size = 0;
  bool wait = false;
  std::string cancel;  // a sync's id
};

// Shows how far a sync is: a line that is drawn anew on a terminal, else a line now and then.
class ProgressView {
 public:
  explicit ProgressView(Terminal& terminal) : terminal_(terminal) {}
  ~ProgressView() {
    if (terminal_.live && shown_) terminal_.out << '\n' << std::flush;
  }
  ProgressView(const ProgressView&) = delete;
  ProgressView& operator=(const ProgressView&) = delete;

  void Show(const v1::Sync& sync) {
    if (HasEnded(sync.state())) return;
    const int64_t now_ms = base::ToMillis(clock_.Now());
    if (terminal_.live) {
      // The last column stays free: a terminal may wrap the line there.
      const auto columns = static_cast<std::size_t>(std::max(terminal_.width - 1, 20));
      terminal_.out << "\r\x1b[K" << ProgressLine(sync, now_ms, columns) << std::flush;
    } else if (!shown_ || sync.state() != last_state_ || clock_.Monotonic() - last_time_ >= kPlainPace) {
      terminal_.out << ProgressLine(sync, now_ms, 0) << '\n' << std::flush;
      last_time_ = clock_.Monotonic();
    }
    last_state_ = sync.state();
    shown_ = true;
  }

 private:
  Terminal& terminal_;
  base::SystemClock clock_;
  bool shown_ = false;
  v1::SyncState last_state_ = v1::SYNC_STATE_UNSPECIFIED;
  base::MonotonicTime last_time_;
};

absl::StatusOr<v1::Sync> Watch(Invocation& invocation, Gateway& gateway, const v1::Sync& started,
                               const SyncFlags& flags) {
  v1::GetSyncRequest request;
  *request.mutable_connection() = invocation.Ref(flags.connection);
  request.set_sync_id(started.sync_id());
  if (invocation.Flags().json)
    return gateway.WatchSync(
        request, [](const v1::Sync&) {}, kPatience);
  ProgressView view(invocation.Term());
  return gateway.WatchSync(
      request, [&view](const v1::Sync& sync) { view.Show(sync); }, kPatience);
}

int Report(Invocation& invocation, const v1::Sync& sync) {
  if (invocation.Flags().json) {
    invocation.SayJson(ToJson(sync));
  } else {
    invocation.Say(Printable(SyncOutcome(sync)) + '\n');
  }
  if (sync.state() == v1::FAILED) {
    return invocation.Fail("the sync failed", base::Error(sync.error_reason() == 0 ? v1::INTERNAL : sync.error_reason(),
                                                          sync.error_message()));
  }
  return sync.state() == v1::CANCELLED ? kExitFailed : kExitDone;
}

int Cancel(Invocation& invocation, Gateway& gateway, const SyncFlags& flags) {
  v1::CancelSyncRequest request;
  *request.mutable_connection() = invocation.Ref(flags.connection);
  request.set_sync_id(flags.cancel);
  const auto sync = gateway.CancelSync(request);
  if (!sync.ok()) return invocation.Fail("can't cancel the sync", sync.status());
  if (invocation.Flags().json) {
    invocation.SayJson(ToJson(*sync));
  } else if (HasEnded(sync->state())) {
    invocation.Say(Printable(SyncOutcome(*sync)) + '\n');
  } else {
    invocation.Say(fmt::format("Sync {} ends with the page that it is reading.\n", Printable(sync->sync_id())));
  }
  // One that had ended before wasn't cancelled.
  return sync->state() == v1::SUCCEEDED || sync->state() == v1::FAILED ? kExitFailed : kExitDone;
}

int Sync(Invocation& invocation, Gateway& gateway, const SyncFlags& flags) {
  if (!flags.cancel.empty()) return Cancel(invocation, gateway, flags);
  v1::StartSyncRequest request;
  *request.mutable_connection() = invocation.Ref(flags.connection);
  request.set_type(flags.type == "full" ? v1::FULL : v1::INCREMENTAL);
  for (const std::string& resource : flags.resources) request.add_resources(resource);
  request.set_jql(flags.jql);
  request.set_batch_size(flags.batch_size);
  const auto started = gateway.StartSync(request);
  if (!started.ok()) return invocation.Fail("can't start a sync", started.status());
  if (!flags.wait) {
    if (invocation.Flags().json) {
      invocation.SayJson(ToJson(*started));
    } else {
      invocation.Say(fmt::format("Sync {} is {}. 'tajo connectors status jira' shows when it is through.\n",
                                 Printable(started->sync_id()), Words(v1::SyncState_Name(started->state()))));
    }
    return kExitDone;
  }
  const auto ended = Watch(invocation, gateway, *started, flags);
  if (!ended.ok()) {
    return invocation.Fail(fmt::format("lost sight of sync {}, which goes on without us", started->sync_id()),
                           ended.status());
  }
  return Report(invocation, *ended);
}

}  // namespace

void AddSync(CLI::App& connectors, Invocation& invocation) {
  auto flags = std::make_shared<SyncFlags>();
  CLI::App& command =
      AddConnectorCommand(connectors, invocation, "sync", "read Jira and bring Brevo up to date", flags, &Sync);
  AddConnectionFlag(command, *flags);
  auto* type = command.add_option("--type", flags->type, "full, or what changed since the last: incremental")
                   ->check(CLI::IsMember({"full", "incremental"}))
                   ->capture_default_str();
  auto* resources = command
                        .add_option("--resources", flags->resources,
                                    "only these, comma-separated; users, comments and worklogs come with their "
                                    "issues; default: as configured")
                        ->delimiter(',')
                        ->allow_extra_args(false)
                        ->check(CLI::IsMember({"issues", "projects", "users", "comments", "worklogs"}));
  auto* jql = command.add_option("--jql", flags->jql, "only the tickets that also match this")->type_name("JQL");
  auto* batch_size = command.add_option("--batch-size", flags->batch_size, "tickets a page, 1 to 100; default: 100")
                         ->check(CLI::Range(1, 100))
                         ->type_name("N");
  auto* wait = command.add_flag("--wait", flags->wait, "show its progress, and end when it has ended");
  auto* cancel = command.add_option("--cancel", flags->cancel, "start none: end this one; what it has read stays")
                     ->type_name("ID");
  for (auto* starting : {type, resources, jql, batch_size, wait}) cancel->excludes(starting);
}

}  // namespace tajo::cli
