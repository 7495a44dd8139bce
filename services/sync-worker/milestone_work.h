#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/random.h"
#include "common/deciding/rules.h"
#include "common/store/connections.h"
#include "common/store/milestone_log.h"
#include "common/store/poll_store.h"
#include "common/telemetry/log.h"
#include "services/sync-worker/campaigns/campaign_maker.h"
#include "services/sync-worker/reading/sprint_poll.h"
#include "services/sync-worker/reading/version_poll.h"
#include "services/sync-worker/reading/worklog_poll.h"
#include "services/sync-worker/signal.h"

namespace tajo::worker {

// Releases, sprints and worklogs beyond their webhooks, as loops of its own: looks for those that no webhook
// told of, and makes the campaigns that the config wants of milestones. A part of ConnectionWork, which it may
// not outlive.
class MilestoneWork {
 public:
  struct Parts {
    base::Clock& clock;
    base::Random& random;
    telemetry::Logger& log;
    redis::Client& redis;
    const store::ConnectionRecord& record;
    store::OwnerStore& store;
    jira::Client& jira;
    brevo::Client& brevo;
    base::Duration settle;            // see CampaignMaker
    std::function<void()> on_found;   // events came into the stream
    std::function<void()> on_health;  // Health says something else than before
    std::function<base::Task<absl::StatusOr<Milestones*>>()> milestones;
  };
  explicit MilestoneWork(Parts parts);

  // What it does, until Stop: tasks to run side by side.
  void AddLoops(std::vector<base::Task<void>>& loops);
  void Stop();
  void WakeCampaigns() { campaigns_.Notify(); }
  // Somebody asked for a sync: everything is looked at now.
  void LookNow() {
    asked_ = true;
    poll_.Notify();
  }
  store::MilestoneLog& Log() { return milestone_log_; }
  struct State {
    std::string trouble;  // what a person has to mend; empty: nothing
    std::string note;     // what isn't done, for a reason that may be meant
    bool operator==(const State&) const = default;
  };
  // Nothing before everything was tried once.
  std::optional<State> Health() const;

 private:
  using Cursors = std::map<std::string, std::string>;

  base::Task<void> PollLoop();
  base::Task<void> CampaignLoop();
  base::Task<absl::Status> Poll();
  base::Task<absl::Status> PollVersions(const Cursors& cursors, int64_t last_webhook_ms);
  base::Task<absl::Status> PollSprints(const Cursors& cursors, int64_t last_webhook_ms);
  base::Task<absl::Status> PollWorklogs(const Cursors& cursors, int64_t last_webhook_ms);
  base::Task<absl::Status> Forget(std::map<std::string, std::string> cursors, std::string hash);
  base::Task<absl::StatusOr<int64_t>> LastWebhook();
  bool IsDue(const Cursors& cursors, const char* last_look, int64_t last_webhook_ms) const;
  void Note(const char* last_look, const Look& look);
  base::Task<absl::StatusOr<base::Duration>> MakeCampaigns();
  base::Duration Failed(const jira::v1::CampaignRecord& campaign, const absl::Status& status);
  void NoteHealth();
  bool Works() const;
  int64_t IntervalMs() const;

  Parts parts_;
  const deciding::Rules rules_;
  store::PollStore polls_;
  store::MilestoneLog milestone_log_;
  VersionPoll versions_;
  SprintPoll sprints_;
  WorklogPoll worklogs_;
  CampaignMaker maker_;
  Signal poll_;
  Signal campaigns_;
  std::map<std::string, int64_t> costs_;               // of the last look, by its cursor
  std::map<std::string, base::MonotonicTime> resume_;  // campaigns that wait, by key
  int64_t sprints_refused_until_ms_ = 0;               // the grant lacks the scopes
  std::string sprint_note_;
  std::map<std::string, std::string> campaign_troubles_;  // by name
  std::optional<State> told_health_;
  bool polled_ = false;
  bool made_ = false;
  bool asked_ = false;
  bool all_due_ = false;  // of the poll under way
  bool stopping_ = false;
};

}  // namespace tajo::worker
