#include "services/sync-worker/milestone_work.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/base/error.h"
#include "common/deciding/polls.h"
#include "common/retry/policy.h"
#include "common/store/overview.h"
#include "common/store/reply_read.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::worker {
namespace {

constexpr std::chrono::minutes kIdle{5};
constexpr std::chrono::hours kNoCampaigns{1};
constexpr std::chrono::minutes kPollAfterFailure{5};
constexpr std::chrono::minutes kCampaignAfterFailure{1};
// Each try costs some of Brevo's 100 calls an hour, and a person has to do something first.
constexpr std::chrono::hours kCampaignAfterRefusal{1};
constexpr int64_t kDefaultIntervalMs = 15 * 60'000;
// New scopes come with a new consent, which begins this work anew.
constexpr int64_t kScopesAgainMs = 24ll * 3'600'000;
constexpr char kSprintNote[] =
    "sprints are known by webhooks only: the grant lacks read:board-scope:jira-software and "
    "read:sprint:jira-software; with milestones.sprints: false they are left out";

}  // namespace

MilestoneWork::MilestoneWork(Parts parts)
    : parts_(std::move(parts)),
      rules_(parts_.record.config),
      polls_(parts_.redis, parts_.store),
      milestone_log_(parts_.redis, parts_.store),
      versions_(parts_.jira, polls_, rules_, parts_.clock),
      sprints_(parts_.jira, polls_, rules_, parts_.clock),
      worklogs_({parts_.jira, parts_.store, polls_, rules_, parts_.clock, parts_.log, [this] { return stopping_; }}),
      maker_({parts_.brevo, parts_.store, milestone_log_, rules_.Config().milestones().campaign(), parts_.clock,
              parts_.settle}),
      poll_(parts_.clock),
      campaigns_(parts_.clock) {
  // A change of the connection's state begins this work anew: what was noted stays until a look says otherwise.
  if (parts_.record.reason == kSprintNote && rules_.Config().milestones().sprints()) sprint_note_ = kSprintNote;
}

void MilestoneWork::AddLoops(std::vector<base::Task<void>>& loops) {
  loops.push_back(PollLoop());
  loops.push_back(CampaignLoop());
}

void MilestoneWork::Stop() {
  stopping_ = true;
  poll_.Notify();
  campaigns_.Notify();
}

bool MilestoneWork::Works() const {
  return parts_.record.state == jira::v1::ACTIVE || parts_.record.state == jira::v1::DEGRADED;
}

int64_t MilestoneWork::IntervalMs() const {
  const int64_t seconds = rules_.Config().sync_interval_s();
  return seconds > 0 ? seconds * 1000 : kDefaultIntervalMs;
}

std::optional<MilestoneWork::State> MilestoneWork::Health() const {
  if (!polled_ || !made_) return std::nullopt;
  State state;
  state.note = sprint_note_;
  if (!campaign_troubles_.empty()) {
    const auto& [name, why] = *campaign_troubles_.begin();
    state.trouble = fmt::format("{} campaign(s) wait, among them \"{}\": {}", campaign_troubles_.size(), name, why);
  }
  return state;
}

void MilestoneWork::NoteHealth() {
  std::optional<State> health = Health();
  if (health == told_health_) return;
  told_health_ = std::move(health);
  parts_.on_health();
}

base::Task<void> MilestoneWork::PollLoop() {
  while (!stopping_) {
    base::Duration wait = kIdle;
    if (Works()) {
      const absl::Status polled = co_await Poll();
      if (!polled.ok() && base::ReasonOf(polled) != jira::v1::LEASE_LOST) {
        parts_.log.Warn("polling Jira failed", {{"connection", parts_.record.connection_id},
                                                {"reason", base::ReasonName(base::ReasonOf(polled))},
                                                {"error", std::string(polled.message())}});
        wait = kPollAfterFailure;
      }
      polled_ = true;
      NoteHealth();
    }
    wait = std::min<base::Duration>(wait, std::chrono::milliseconds(IntervalMs()));
    if (!stopping_) co_await poll_.Wait(wait);
  }
}

// What one poll can't do doesn't keep the others from looking.
base::Task<absl::Status> MilestoneWork::Poll() {
  // Who asks from here on is answered by the next one.
  all_due_ = std::exchange(asked_, false);
  TAJO_CO_ASSIGN_OR_RETURN(const Cursors cursors, co_await parts_.store.Cursors());
  TAJO_CO_ASSIGN_OR_RETURN(const int64_t last_webhook_ms, co_await LastWebhook());
  absl::Status status = co_await PollVersions(cursors, last_webhook_ms);
  if (!stopping_) status.Update(co_await PollSprints(cursors, last_webhook_ms));
  if (!stopping_) status.Update(co_await PollWorklogs(cursors, last_webhook_ms));
  co_return status;
}

base::Task<absl::StatusOr<int64_t>> MilestoneWork::LastWebhook() {
  redis::Args read = {"HGET", parts_.store.ConnectionKeys().Counters(), store::kCounterLastWebhook};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply, co_await parts_.redis.Execute(std::move(read)));
  co_return reply.Integer();
}

bool MilestoneWork::IsDue(const Cursors& cursors, const char* last_look, int64_t last_webhook_ms) const {
  if (all_due_) return true;
  const auto cost = costs_.find(last_look);
  const int64_t now_ms = base::ToMillis(parts_.clock.Now());
  return deciding::NextLook(store::NumberOf(cursors, last_look), IntervalMs(), last_webhook_ms,
                            cost == costs_.end() ? 0 : cost->second, now_ms) <= now_ms;
}

void MilestoneWork::Note(const char* last_look, const Look& look) {
  costs_[last_look] = look.cost;
  if (look.found > 0) parts_.on_found();
}

// A kind that is switched off is forgotten: what happens meanwhile is no news once it is switched on.
base::Task<absl::Status> MilestoneWork::Forget(std::map<std::string, std::string> cursors, std::string hash) {
  store::Polled polled;
  polled.forget = !hash.empty();
  polled.hash = std::move(hash);
  polled.cursors = std::move(cursors);
  co_return co_await polls_.Put(std::move(polled));
}

base::Task<absl::Status> MilestoneWork::PollVersions(const Cursors& cursors, int64_t last_webhook_ms) {
  if (!rules_.Config().milestones().versions()) {
    if (store::NumberOf(cursors, store::kCursorVersions) == 0) co_return absl::OkStatus();
    Cursors none;
    none[store::kCursorVersions] = "0";
    co_return co_await Forget(std::move(none), std::string(store::kSeenVersions));
  }
  if (!IsDue(cursors, store::kCursorVersions, last_webhook_ms)) co_return absl::OkStatus();
  const auto look = co_await versions_.Run();
  if (!look.ok()) co_return look.status();
  Note(store::kCursorVersions, *look);
  co_return absl::OkStatus();
}

base::Task<absl::Status> MilestoneWork::PollSprints(const Cursors& cursors, int64_t last_webhook_ms) {
  if (!rules_.Config().milestones().sprints()) {
    if (store::NumberOf(cursors, store::kCursorSprints) == 0) co_return absl::OkStatus();
    Cursors none;
    none[store::kCursorSprints] = "0";
    none[store::kCursorSprintsWhole] = "0";
    co_return co_await Forget(std::move(none), std::string(store::kSeenSprints));
  }
  const int64_t now_ms = base::ToMillis(parts_.clock.Now());
  if (now_ms < sprints_refused_until_ms_) co_return absl::OkStatus();
  if (!IsDue(cursors, store::kCursorSprints, last_webhook_ms)) co_return absl::OkStatus();
  const auto look = co_await sprints_.Run(cursors);
  if (base::ReasonOf(look.status()) == jira::v1::JIRA_SCOPE_MISSING) {
    if (sprint_note_.empty()) {
      parts_.log.Warn("sprints aren't polled: the grant lacks the scopes of boards and sprints",
                      {{"connection", parts_.record.connection_id}});
    }
    sprints_refused_until_ms_ = now_ms + kScopesAgainMs;
    sprint_note_ = kSprintNote;
    co_return absl::OkStatus();
  }
  if (!look.ok()) co_return look.status();
  sprint_note_.clear();
  Note(store::kCursorSprints, *look);
  co_return absl::OkStatus();
}

base::Task<absl::Status> MilestoneWork::PollWorklogs(const Cursors& cursors, int64_t last_webhook_ms) {
  if (!rules_.Config().sync().worklogs()) {
    if (store::NumberOf(cursors, store::kCursorWorklogs) == 0) co_return absl::OkStatus();
    Cursors none;
    none[store::kCursorWorklogs] = "0";
    none[store::kCursorWorklogsLook] = "0";
    co_return co_await Forget(std::move(none), std::string());
  }
  // Dynamic webhooks never tell of worklogs.
  const int64_t told_ms = rules_.Config().auth_type() == jira::v1::OAUTH2 ? 0 : last_webhook_ms;
  if (!IsDue(cursors, store::kCursorWorklogsLook, told_ms)) co_return absl::OkStatus();
  const auto look = co_await worklogs_.Run(cursors);
  if (!look.ok()) co_return look.status();
  Note(store::kCursorWorklogsLook, *look);
  co_return absl::OkStatus();
}

base::Task<void> MilestoneWork::CampaignLoop() {
  while (!stopping_) {
    base::Duration wait = kIdle;
    if (Works()) {
      const auto made = co_await MakeCampaigns();
      if (made.ok()) {
        wait = *made;
      } else if (base::ReasonOf(made.status()) != jira::v1::LEASE_LOST) {
        parts_.log.Warn("campaigns can't be read", {{"connection", parts_.record.connection_id},
                                                    {"reason", base::ReasonName(base::ReasonOf(made.status()))}});
      }
      made_ |= made.ok();
      NoteHealth();
    }
    if (!stopping_) co_await campaigns_.Wait(std::max<base::Duration>(wait, std::chrono::milliseconds(50)));
  }
}

// Those whose time has come; until when the next one waits.
base::Task<absl::StatusOr<base::Duration>> MilestoneWork::MakeCampaigns() {
  // None is planned but by our own EventProcessor, which wakes this loop.
  base::Duration next = kNoCampaigns;
  TAJO_CO_ASSIGN_OR_RETURN(const auto campaigns, co_await milestone_log_.Campaigns());
  for (const auto& [key, campaign] : campaigns) {
    if (stopping_) break;
    const base::MonotonicTime now = parts_.clock.Monotonic();
    base::Duration wait = base::Duration::zero();
    if (const auto resume = resume_.find(key); resume != resume_.end()) wait = resume->second - now;
    if (wait <= base::Duration::zero()) {
      TAJO_CO_ASSIGN_OR_RETURN(Milestones * milestones, co_await parts_.milestones());
      const auto advanced = co_await maker_.Advance(key, campaign, *milestones);
      wait = advanced.ok() ? *advanced : Failed(campaign, advanced.status());
      if (advanced.ok()) campaign_troubles_.erase(campaign.name());
      if (wait > base::Duration::zero()) {
        resume_[key] = parts_.clock.Monotonic() + wait;
      } else {
        resume_.erase(key);
        parts_.log.Info("campaign ended", {{"connection", parts_.record.connection_id}, {"campaign", campaign.name()}});
        continue;
      }
    }
    next = std::min(next, wait);
  }
  co_return next;
}

// After how long to try again. What a person has to mend is told in the connection's status; it holds up this
// campaign alone.
base::Duration MilestoneWork::Failed(const jira::v1::CampaignRecord& campaign, const absl::Status& status) {
  const base::Reason reason = base::ReasonOf(status);
  parts_.log.Warn("campaign waits", {{"connection", parts_.record.connection_id},
                                     {"campaign", campaign.name()},
                                     {"reason", base::ReasonName(reason)},
                                     {"error", std::string(status.message())}});
  const bool passes = reason == jira::v1::LEASE_LOST ||
                      retry::Classify(status, retry::Idempotency::kIdempotent) != retry::Fault::kPermanent;
  if (!passes) campaign_troubles_[campaign.name()] = std::string(status.message());
  const base::Duration asked = std::chrono::milliseconds(base::RetryAfterMillis(status));
  const base::Duration wait = passes ? base::Duration(std::min<base::Duration>(kCampaignAfterFailure, parts_.settle))
                                     : base::Duration(kCampaignAfterRefusal);
  return std::max(wait, asked);
}

}  // namespace tajo::worker
