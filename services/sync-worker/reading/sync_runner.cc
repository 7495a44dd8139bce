#include "services/sync-worker/reading/sync_runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/deciding/customer_history.h"
#include "common/jira/pager.h"
#include "common/store/overview.h"
#include "services/sync-worker/reading/authorization.h"
#include "services/sync-worker/reading/pass_schedule.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::worker {
namespace {

using boost::asio::experimental::awaitable_operators::operator&&;

constexpr int kPageSize = 100;
// By one call of the script: nobody's command waits in Redis for a whole page.
constexpr std::size_t kTicketsAtOnce = 25;
// Jira's search index lags, and its relative dates count whole minutes.
constexpr int64_t kOverlapMs = 10 * 60'000;
constexpr int64_t kMinuteMs = 60'000;

bool WantsProjects(const store::Job& job) {
  return job.resources.empty() || std::ranges::find(job.resources, "projects") != job.resources.end();
}

// Users, comments and worklogs come with their issues.
bool WantsIssues(const store::Job& job) {
  return job.resources.empty() || std::ranges::any_of(job.resources, [](const auto& one) { return one != "projects"; });
}

std::string_view NameOf(const store::Job& job) {
  if (job.full) return "full";
  return job.until_ms != 0 ? "trailing" : "incremental";
}

// Passes by itself: the sync waits and goes on.
bool IsPassing(base::Reason reason) {
  switch (reason) {
    case jira::v1::JIRA_UNAVAILABLE:
    case jira::v1::JIRA_RATE_LIMITED:
    case jira::v1::UPSTREAM_UNREACHABLE:
    case jira::v1::UPSTREAM_AMBIGUOUS:
    case jira::v1::JIRA_RESPONSE_INVALID:
    case jira::v1::REDIS_UNAVAILABLE:
    case jira::v1::REDIS_AMBIGUOUS:
    case jira::v1::LEASE_LOST:
      return true;
    default:
      return false;
  }
}

// Ends a pass for good, until a person mends it. A refused login has a state of its own.
bool IsTrouble(const absl::Status& status) {
  const base::Reason reason = base::ReasonOf(status);
  return !status.ok() && reason != jira::v1::SYNC_CANCELLED && !NeedsAuthorization(reason);
}

// "updated >= -90m": counted from Jira's own now, so no time zone and no clock of ours comes into it.
std::string Since(const char* field, int64_t since_ms, int64_t now_ms) {
  const int64_t minutes = (std::max<int64_t>(now_ms - since_ms, 0) + kOverlapMs + kMinuteMs - 1) / kMinuteMs;
  return fmt::format("{} >= -{}m", field, minutes);
}

// Jira may count relative times anew for each page: what wasn't read yet must not fall out of them.
bool IsOutdated(const Checkpoint& checkpoint, int64_t now_ms) {
  return !checkpoint.page_token.empty() && checkpoint.jql.find(" >= -") != std::string::npos &&
         now_ms - checkpoint.built_ms > kOverlapMs;
}

}  // namespace

std::string Checkpoint::ToJson() const {
  return nlohmann::json({{"jql", jql},
                         {"token", page_token},
                         {"started", started_ms},
                         {"built", built_ms},
                         {"reached", reached_ms},
                         {"done", pages_done},
                         {"missed", missed}})
      .dump();
}

Checkpoint Checkpoint::FromJson(const std::string& text) {
  Checkpoint checkpoint;
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return checkpoint;
  checkpoint.jql = json.value("jql", "");
  checkpoint.page_token = json.value("token", "");
  checkpoint.started_ms = json.value("started", int64_t{0});
  checkpoint.built_ms = json.value("built", int64_t{0});
  checkpoint.reached_ms = json.value("reached", int64_t{0});
  checkpoint.pages_done = json.value("done", false);
  checkpoint.missed = json.value("missed", int64_t{0});
  return checkpoint;
}

base::Task<absl::Status> SyncRunner::Run(store::Job job) {
  TAJO_CO_ASSIGN_OR_RETURN(cursors_, co_await parts_.store.Cursors());
  Checkpoint checkpoint = Checkpoint::FromJson(job.checkpoint);
  walked_anew_from_.reset();
  int64_t issues_read = job.issues_read;
  if (checkpoint.started_ms == 0) {
    checkpoint.started_ms = base::ToMillis(parts_.clock.Now());
    TAJO_CO_RETURN_IF_ERROR(co_await parts_.jobs.Move(parts_.connection_id, parts_.store.Lease(), job.id,
                                                      store::JobState::kRunning, jira::v1::ERROR_REASON_UNSPECIFIED,
                                                      ""));
  }
  absl::Status status = co_await VisiblePages(job, &checkpoint, &issues_read);
  if (status.ok() && !checkpoint.pages_done) co_return status;  // stopping
  if (status.ok()) status = co_await Finish(job, checkpoint);
  if (status.ok()) co_return co_await End(job, status);
  if (!IsPassing(base::ReasonOf(status))) co_return co_await End(job, status);
  // Best effort: it only tells why the sync stands still.
  std::map<std::string, std::string> waiting;
  waiting[store::kJobWaitingFor] = base::ReasonName(base::ReasonOf(status));
  (void)co_await parts_.jobs.Progress(parts_.connection_id, parts_.store.Lease(), job.id, std::move(waiting));
  co_return status;
}

base::Task<absl::StatusOr<std::string>> SyncRunner::JqlFor(const store::Job& job, const Checkpoint& checkpoint) {
  std::string jql = parts_.rules.FilterJql();
  if (!job.jql.empty()) jql += fmt::format(" AND ({})", job.jql);
  const int64_t now = base::ToMillis(parts_.clock.Now());
  if (job.full) {
    // Only after a token that Jira has forgotten: tickets don't change their time of creation.
    if (checkpoint.reached_ms != 0) jql += " AND " + Since("created", checkpoint.reached_ms, now);
    co_return jql + " ORDER BY created ASC";
  }
  // By the time of the change, so what was reached is read.
  if (job.until_ms != 0) {
    jql += " AND " + Since("updated", std::max(job.from_ms, checkpoint.reached_ms), now);
    co_return fmt::format("{} AND updated <= -{}m ORDER BY updated ASC", jql,
                          std::max<int64_t>(now - job.until_ms, 0) / kMinuteMs);
  }
  const int64_t cursor = CursorNumber(cursors_, store::kCursorIncremental);
  const int64_t from = cursor != 0 ? cursor : parts_.rules.Config().events_from_ms();
  const int64_t since = std::max(from, checkpoint.reached_ms);
  if (job.jql.empty() || since != 0) jql += " AND " + Since("updated", since, now);
  co_return jql + " ORDER BY updated ASC";
}

base::Task<absl::Status> SyncRunner::Expect(store::Job& job) {
  if (job.issues_expected != 0) co_return absl::OkStatus();
  const Checkpoint from_the_start;
  auto jql = co_await JqlFor(job, from_the_start);
  if (!jql.ok()) co_return jql.status();
  const std::string restriction = jql->substr(0, jql->rfind(" ORDER BY "));
  auto count = co_await parts_.jira.ApproximateCount(restriction);
  if (!count.ok()) co_return count.status();
  std::map<std::string, std::string> expected;
  expected[store::kJobIssuesExpected] = std::to_string(*count);
  job.issues_expected = *count;
  co_return co_await parts_.jobs.Progress(parts_.connection_id, parts_.store.Lease(), job.id, std::move(expected));
}

base::Task<absl::Status> SyncRunner::VisiblePages(store::Job& job, Checkpoint* checkpoint, int64_t* issues_read) {
  if (!parts_.rules.HiddenProjects().empty() && checkpoint->page_token.empty()) {
    const auto looked = co_await parts_.sight.Look();
    if (!looked.ok()) co_return looked.status();
  }
  const absl::Status status = co_await Pages(job, checkpoint, issues_read);
  if (base::ReasonOf(status) != jira::v1::JIRA_PROJECT_UNKNOWN) co_return status;
  const auto changed = co_await parts_.sight.Look();
  if (!changed.ok()) co_return changed.status();
  if (!*changed) co_return status;
  checkpoint->page_token.clear();
  co_return co_await Pages(job, checkpoint, issues_read);
}

base::Task<absl::Status> SyncRunner::Pages(store::Job& job, Checkpoint* checkpoint, int64_t* issues_read) {
  if (!WantsIssues(job) || checkpoint->pages_done) {
    checkpoint->pages_done = true;
    co_return absl::OkStatus();
  }
  TAJO_CO_RETURN_IF_ERROR(co_await Expect(job));
  const int page_size = job.batch_size > 0 ? std::min(job.batch_size, kPageSize) : kPageSize;
  if (IsOutdated(*checkpoint, base::ToMillis(parts_.clock.Now()))) checkpoint->page_token.clear();
  if (checkpoint->page_token.empty()) {
    checkpoint->built_ms = base::ToMillis(parts_.clock.Now());
    auto jql = co_await JqlFor(job, *checkpoint);
    if (!jql.ok()) co_return jql.status();
    checkpoint->jql = *std::move(jql);
  }
  const std::string jql = checkpoint->jql;
  jira::Pager pager(1'000'000, checkpoint->page_token);
  auto page = co_await parts_.source.Search(jql, pager.Token(), page_size);
  if (!page.ok() && !checkpoint->page_token.empty() && !IsPassing(base::ReasonOf(page.status()))) {
    // The token has expired: on from what was reached. Issues seen twice change nothing.
    co_return co_await PagesAnew(job, checkpoint, issues_read);
  }
  while (true) {
    if (!page.ok()) co_return page.status();
    if (page->truncated) {
      co_return base::Error(jira::v1::JIRA_JQL_INVALID,
                            "Jira gave only a part of the result: narrow the connection's projects or jql");
    }
    pager.Next(page->next_token, page->issues.size());
    *issues_read += static_cast<int64_t>(page->issues.size());
    Checkpoint after = *checkpoint;
    after.page_token = pager.Done() ? std::string() : pager.Token();
    after.pages_done = pager.Done();
    if (!page->issues.empty()) {
      const auto& last = page->issues.back();
      after.reached_ms = job.full ? last.created_ms() : last.updated_ms();
    }
    if (pager.Stopped() != jira::Pager::Stop::kNo) {
      // Jira repeats itself (JRACLOUD-95368): a new walk from what was reached.
      after.page_token.clear();
      after.pages_done = false;
    }
    const bool outdated = !pager.Done() && IsOutdated(after, base::ToMillis(parts_.clock.Now()));
    if (pager.Done() || outdated || parts_.stopping()) {
      TAJO_CO_RETURN_IF_ERROR(co_await ApplyPage(job, *page, &after, *issues_read));
      *checkpoint = after;
      if (after.pages_done || parts_.stopping()) co_return absl::OkStatus();
      co_return co_await PagesAnew(job, checkpoint, issues_read);
    }
    // The next page travels while this one is applied.
    auto [next, applied] =
        co_await (parts_.source.Search(jql, pager.Token(), page_size) && ApplyPage(job, *page, &after, *issues_read));
    if (!applied.ok()) co_return applied;
    *checkpoint = std::move(after);
    page = std::move(next);
  }
}

base::Task<absl::Status> SyncRunner::PagesAnew(store::Job& job, Checkpoint* checkpoint, int64_t* issues_read) {
  checkpoint->page_token.clear();
  if (walked_anew_from_ && checkpoint->reached_ms <= *walked_anew_from_) {
    co_return base::Error(jira::v1::JIRA_UNAVAILABLE, "Jira gives the same page of a search again and again");
  }
  walked_anew_from_ = checkpoint->reached_ms;
  co_return co_await Pages(job, checkpoint, issues_read);
}

base::Task<absl::Status> SyncRunner::ApplyPage(const store::Job& job, const jira::IssuePage& page, Checkpoint* after,
                                               int64_t issues_read) {
  std::vector<int64_t> ids;
  std::vector<jira::v1::User> users;
  for (const auto& issue : page.issues) {
    ids.push_back(issue.id());
    if (issue.has_reporter()) users.push_back(issue.reporter());
  }
  TAJO_CO_RETURN_IF_ERROR(co_await parts_.users.Learn(std::move(users)));
  TAJO_CO_RETURN_IF_ERROR(co_await parts_.users.LoadCustomers(page.issues, parts_.rules));
  auto records = co_await parts_.store.Issues(ids);
  if (!records.ok()) co_return records.status();

  const int64_t now = base::ToMillis(parts_.clock.Now());
  const bool with_history = !job.full || parts_.rules.Config().backfill_events() == jira::v1::BACKFILL_EVENTS_ALL;
  const int64_t events_from = parts_.rules.Config().events_from_ms();
  std::map<int64_t, deciding::Facts> shallow;
  std::map<int64_t, deciding::Facts> deep;
  for (std::size_t i = 0; i < page.issues.size(); ++i) {
    deciding::Facts facts;
    facts.record = (*records)[i];
    facts.reread = page.issues[i];
    facts.read_ms = now;
    // What a REST read has covered since its last change tells nothing new.
    const bool covered = facts.record && page.issues[i].updated_ms() <= facts.record->verified_until_ms;
    // A full sync comes later than the connection: what changed in between is told, too.
    const bool tells = with_history || (events_from != 0 && page.issues[i].updated_ms() >= events_from);
    (tells && !covered ? deep : shallow).emplace(ids[i], std::move(facts));
  }
  if (!deep.empty()) TAJO_CO_RETURN_IF_ERROR(co_await parts_.source.AddHistories(&deep));
  std::vector<std::string> accounts;
  for (const auto& [id, facts] : deep) {
    const auto lookup = parts_.users.Lookup();
    for (auto& account : deciding::AccountsInHistory(facts.histories, parts_.rules, lookup)) {
      accounts.push_back(std::move(account));
    }
  }
  TAJO_CO_RETURN_IF_ERROR(co_await parts_.users.Load(std::move(accounts)));

  shallow.merge(deep);
  // A ticket and its events stay together.
  std::vector<store::Application> applications(1);
  std::size_t tickets = 0;
  for (const auto& [id, facts] : shallow) {
    if (tickets == kTicketsAtOnce) {
      applications.emplace_back();
      tickets = 0;
    }
    ++tickets;
    store::Application& application = applications.back();
    auto decided = deciding::DecideRead(facts, parts_.users.Lookup(), parts_.rules, now);
    if (decided.write) application.issues.push_back(*std::move(decided.write));
    for (const std::string& why : decided.dropped) parts_.instruments.FieldDropped(why);
    std::move(decided.outbox.begin(), decided.outbox.end(), std::back_inserter(application.outbox));
  }
  store::JobProgress& progress = applications.back().job.emplace();
  progress.job_id = job.id;
  progress.fields[store::kJobCheckpoint] = after->ToJson();
  progress.fields[store::kJobIssuesRead] = std::to_string(issues_read);
  progress.fields[store::kJobWaitingFor] = "";
  bool is_news = false, cancelled = false;
  int64_t missed = 0;
  for (store::Application& application : applications) {
    if (job.full) co_await parts_.let_live_go_first();
    application.lane = job.full ? store::Lane::kBackfill : store::Lane::kLive;
    auto applied = co_await parts_.store.Apply(application);
    if (base::ReasonOf(applied.status()) == jira::v1::REDIS_AMBIGUOUS) {
      applied = co_await parts_.store.Apply(application);
    }
    if (!applied.ok()) co_return applied.status();
    is_news |= applied->events_queued > 0 || applied->issues_written > 0;
    cancelled |= applied->job_cancelled;
    if (!job.full) {
      missed +=
          MissedAmong(application.outbox, applied->events_queued, CursorNumber(cursors_, store::kCursorWebhooksFrom),
                      SettledUntil(now, parts_.oldest_waiting_ms()));
    }
  }
  parts_.instruments.IssuesRead(NameOf(job), static_cast<int64_t>(page.issues.size()));
  if (job.issues_expected > 0) {
    parts_.instruments.SyncProgress(parts_.connection_id,
                                    static_cast<double>(issues_read) / static_cast<double>(job.issues_expected));
  }
  after->missed += missed;
  if (missed > 0) TAJO_CO_RETURN_IF_ERROR(co_await CountMissed(missed));
  if (is_news) parts_.wake_writers();
  if (cancelled) co_return base::Error(jira::v1::SYNC_CANCELLED, "cancelled");
  co_return absl::OkStatus();
}

base::Task<absl::Status> SyncRunner::CountMissed(int64_t missed) {
  parts_.instruments.MissedWebhooks(missed);
  store::Application counted;
  counted.counters[store::kCounterMissedWebhooks] = missed;
  // At once: a pass that is broken off later has found them all the same.
  counted.cursors[store::kCursorWebhookMissed] = std::to_string(base::ToMillis(parts_.clock.Now()));
  counted.cursors[store::kCursorCleanPasses] = "0";
  const auto applied = co_await parts_.store.Apply(std::move(counted));
  co_return applied.status();
}

base::Task<absl::Status> SyncRunner::Finish(const store::Job& job, const Checkpoint& checkpoint) {
  store::Application application;
  const bool window = job.until_ms != 0;
  if (!window && WantsProjects(job) && parts_.rules.Config().sync().projects()) {
    std::vector<std::string> keys;
    for (const auto& project : parts_.rules.Config().projects()) keys.push_back(project.key());
    auto projects = co_await parts_.jira.Projects(std::move(keys));
    if (!projects.ok()) co_return projects.status();
    application.cursors[store::kCursorProjects] = std::to_string(projects->size());
  }
  const std::string now = std::to_string(base::ToMillis(parts_.clock.Now()));
  if (!window) application.cursors[store::kCursorLastSync] = now;
  // An ad-hoc selection says nothing about the rest.
  if (job.jql.empty() && WantsIssues(job)) {
    if (window) {
      application.cursors[store::kCursorTrailing] = std::to_string(job.until_ms);
    } else {
      application.cursors[store::kCursorIncremental] = std::to_string(checkpoint.started_ms);
      application.cursors[store::kCursorLastPass] = now;
      application.cursors[store::kCursorTrouble] = "";
    }
    if (!window && !job.full && checkpoint.missed == 0) {
      application.cursors[store::kCursorCleanPasses] =
          std::to_string(CursorNumber(cursors_, store::kCursorCleanPasses) + 1);
    }
  }
  const auto applied = co_await parts_.store.Apply(std::move(application));
  co_return applied.status();
}

base::Task<absl::Status> SyncRunner::End(const store::Job& job, const absl::Status& status) {
  const base::Reason reason = base::ReasonOf(status);
  store::JobState state = store::JobState::kSucceeded;
  if (!status.ok()) state = reason == jira::v1::SYNC_CANCELLED ? store::JobState::kCancelled : store::JobState::kFailed;
  const bool quiet = job.scheduled && status.ok();
  if (!quiet) {
    parts_.log.Info("sync ended", {{"connection", parts_.connection_id},
                                   {"sync", job.id},
                                   {"outcome", status.ok() ? std::string("succeeded") : base::ReasonName(reason)}});
  }
  parts_.instruments.SyncProgress(parts_.connection_id, 1);
  if (job.scheduled && job.jql.empty() && IsTrouble(status)) {
    store::Application noted;
    noted.cursors[store::kCursorTried] = std::to_string(base::ToMillis(parts_.clock.Now()));
    noted.cursors[store::kCursorTrouble] = std::string(status.message());
    const auto applied = co_await parts_.store.Apply(std::move(noted));
    if (!applied.ok()) co_return applied.status();
  }
  const absl::Status moved = co_await parts_.jobs.Move(parts_.connection_id, parts_.store.Lease(), job.id, state,
                                                       reason, std::string(status.message()));
  if (!moved.ok()) co_return moved;
  // What ends the sync may concern the whole connection: the caller decides.
  co_return reason == jira::v1::SYNC_CANCELLED ? absl::OkStatus() : status;
}

}  // namespace tajo::worker
