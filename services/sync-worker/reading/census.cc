#include "services/sync-worker/reading/census.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/base/error.h"
#include "common/deciding/decide.h"
#include "common/deciding/timeline.h"
#include "common/jira/pager.h"
#include "common/retry/policy.h"
#include "common/store/overview.h"
#include "services/sync-worker/reading/authorization.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::worker {
namespace {

constexpr int64_t kEveryMs = std::chrono::milliseconds(kCensusEvery).count();
constexpr int kIdsPerPage = 5000;          // Jira gives as many where only ids are asked for
constexpr std::size_t kNeighbours = 10;    // tried, since the search may list what is deleted
constexpr std::size_t kWorthASync = 1000;  // new issues: more than that are read by a sync of the project

// When a census first missed that project; 0: the last one saw it.
std::string MissedCursor(int64_t project_id) {
  return fmt::format("missed_project:{}", project_id);
}

std::vector<int64_t> Without(const std::set<int64_t>& all, const std::set<int64_t>& some) {
  std::vector<int64_t> rest;
  std::set_difference(all.begin(), all.end(), some.begin(), some.end(), std::back_inserter(rest));
  return rest;
}

std::vector<std::vector<int64_t>> InHundreds(const std::vector<int64_t>& ids) {
  std::vector<std::vector<int64_t>> parts;
  for (std::size_t begin = 0; begin < ids.size(); begin += jira::kBulkFetchLimit) {
    const auto first = ids.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto last = ids.begin() + static_cast<std::ptrdiff_t>(std::min(begin + jira::kBulkFetchLimit, ids.size()));
    parts.emplace_back(first, last);
  }
  return parts;
}

std::string_view NameOf(Fate fate) {
  switch (fate) {
    case Fate::kThere:
      return "changed";
    case Fate::kHidden:
      return "hidden";
    case Fate::kDeleted:
      return "deleted";
    case Fate::kUnknown:
      break;
  }
  return "unknown";
}

base::Task<absl::Status> SetCursor(store::OwnerStore& store, std::string name, int64_t value) {
  store::Application noted;
  noted.cursors[std::move(name)] = std::to_string(value);
  const auto applied = co_await store.Apply(std::move(noted));
  co_return applied.status();
}

}  // namespace

base::Task<absl::StatusOr<bool>> CensusIsDue(store::OwnerStore& store, const base::Clock& clock) {
  TAJO_CO_ASSIGN_OR_RETURN(const Cursors cursors, co_await store.Cursors());
  // Before the first full sync everything differs.
  if (CursorNumber(cursors, store::kCursorIncremental) == 0) co_return false;
  const int64_t now_ms = base::ToMillis(clock.Now());
  const int64_t last_ms = CursorNumber(cursors, store::kCursorCensus);
  if (last_ms != 0) co_return now_ms - last_ms >= kEveryMs;
  TAJO_CO_RETURN_IF_ERROR(co_await SetCursor(store, store::kCursorCensus, now_ms));
  co_return false;
}

base::Task<absl::Status> Census::Run() {
  TAJO_CO_ASSIGN_OR_RETURN(Cursors cursors, co_await parts_.store.Cursors());
  const absl::Status status = co_await Projects(std::move(cursors));
  if (status.ok() && parts_.stopping()) co_return status;
  if (!status.ok()) {
    const base::Reason reason = base::ReasonOf(status);
    const bool passes = retry::Classify(status, retry::Idempotency::kIdempotent) != retry::Fault::kPermanent;
    if (passes || reason == jira::v1::LEASE_LOST || NeedsAuthorization(reason)) co_return status;
    parts_.log.Warn("census failed", {{"connection", parts_.store.ConnectionId()},
                                      {"reason", base::ReasonName(reason)},
                                      {"error", std::string(status.message())}});
  }
  co_return co_await SetCursor(parts_.store, store::kCursorCensus, NowMs());
}

base::Task<absl::Status> Census::Projects(Cursors cursors) {
  // To whom it doesn't know, Jira answers 200 and shows nothing.
  const auto myself = co_await parts_.jira.GetMyself();
  if (!myself.ok()) co_return myself.status();
  const auto visible = co_await parts_.jira.Projects();
  if (!visible.ok()) co_return visible.status();
  if (visible->empty()) {
    co_return base::Error(jira::v1::JIRA_PERMISSION_DENIED, "Jira shows this account no project at all");
  }
  TAJO_CO_ASSIGN_OR_RETURN(Counts ours, co_await CountOurs());
  for (const jira::ProjectInfo& info : *visible) {
    if (parts_.stopping()) co_return absl::OkStatus();
    const auto counted = ours.find(info.id);
    const auto& configured = parts_.rules.Config().projects();
    const bool wanted =
        configured.empty() || std::any_of(configured.begin(), configured.end(),
                                          [&](const auto& project) { return project.key() == info.key; });
    if (!wanted && counted == ours.end()) continue;
    Project project;
    project.jira = info;
    project.visible = true;
    project.last_census_ms = CursorNumber(cursors, store::kCursorCensus);
    TAJO_CO_RETURN_IF_ERROR(co_await Compare(std::move(project), counted == ours.end() ? 0 : counted->second));
    if (counted != ours.end()) ours.erase(counted);
    if (CursorNumber(cursors, MissedCursor(info.id)) != 0) {
      TAJO_CO_RETURN_IF_ERROR(co_await SetCursor(parts_.store, MissedCursor(info.id), 0));
    }
  }
  for (const auto& [project_id, count] : ours) {
    if (parts_.stopping()) co_return absl::OkStatus();
    TAJO_CO_RETURN_IF_ERROR(co_await Missing(project_id, cursors));
  }
  co_return absl::OkStatus();
}

base::Task<absl::StatusOr<Census::Counts>> Census::CountOurs() {
  Counts counts;
  std::string cursor = "0";
  do {
    TAJO_CO_ASSIGN_OR_RETURN(store::OwnerStore::IssuePage page, co_await parts_.store.ScanIssues(std::move(cursor)));
    for (const auto& [id, record] : page.issues) {
      if (record.admitted && !record.deleted) ++counts[record.project_id];
    }
    cursor = std::move(page.cursor);
  } while (cursor != "0");
  co_return counts;
}

base::Task<absl::StatusOr<Census::Ids>> Census::ListOurs(int64_t project_id) {
  Ids ids;
  std::string cursor = "0";
  do {
    TAJO_CO_ASSIGN_OR_RETURN(store::OwnerStore::IssuePage page, co_await parts_.store.ScanIssues(std::move(cursor)));
    for (const auto& [id, record] : page.issues) {
      if (record.admitted && !record.deleted && record.project_id == project_id) ids.insert(id);
    }
    cursor = std::move(page.cursor);
  } while (cursor != "0");
  co_return ids;
}

base::Task<absl::StatusOr<Census::Ids>> Census::ListJiras(int64_t project_id) {
  Ids ids;
  jira::IssueQuery query;
  query.jql = parts_.rules.FilterJqlOf(project_id) + " ORDER BY created ASC";
  query.max_results = kIdsPerPage;
  jira::Pager pager;
  while (!pager.Done()) {
    query.page_token = pager.Token();
    auto page = co_await parts_.jira.SearchRaw(query, std::vector<std::string>(1, "id"));
    if (!page.ok()) co_return page.status();
    if (page->truncated) co_return base::Error(jira::v1::JIRA_UNAVAILABLE, "Jira listed only a part of the ids");
    for (const jira::RawIssue& issue : page->issues) ids.insert(issue.id);
    pager.Next(page->next_token, page->issues.size());
  }
  if (pager.Stopped() != jira::Pager::Stop::kNo) {
    co_return base::Error(jira::v1::JIRA_UNAVAILABLE, "Jira repeated a page token of search/jql; ask again");
  }
  co_return ids;
}

base::Task<absl::Status> Census::Compare(Project project, int64_t ours) {
  const auto theirs = co_await parts_.jira.ApproximateCount(parts_.rules.FilterJqlOf(project.jira.id));
  if (!theirs.ok()) co_return theirs.status();
  if (*theirs == ours) co_return absl::OkStatus();
  TAJO_CO_ASSIGN_OR_RETURN(const Ids listed, co_await ListJiras(project.jira.id));
  TAJO_CO_ASSIGN_OR_RETURN(const Ids held, co_await ListOurs(project.jira.id));
  std::vector<int64_t> missing = Without(held, listed);
  if (!missing.empty()) {
    TAJO_CO_RETURN_IF_ERROR(co_await AddEvidence(listed, &project));
    TAJO_CO_RETURN_IF_ERROR(co_await Settle(std::move(missing), project));
  }
  co_return co_await Adopt(Without(listed, held), project);
}

// Archived, deleted, or closed to this account: Jira doesn't tell which.
base::Task<absl::Status> Census::Missing(int64_t project_id, Cursors cursors) {
  const int64_t first_missed_ms = CursorNumber(cursors, MissedCursor(project_id));
  if (first_missed_ms == 0) co_return co_await SetCursor(parts_.store, MissedCursor(project_id), NowMs());
  if (!ProjectIsGone(first_missed_ms, NowMs(), kEveryMs)) co_return absl::OkStatus();
  TAJO_CO_ASSIGN_OR_RETURN(const Ids held, co_await ListOurs(project_id));
  Project project;
  project.jira.id = project_id;
  co_return co_await Settle({held.begin(), held.end()}, project);
}

base::Task<absl::Status> Census::AddEvidence(const Ids& listed, Project* project) {
  std::copy_n(listed.begin(), std::min(listed.size(), kNeighbours), std::back_inserter(project->neighbours));
  TAJO_CO_ASSIGN_OR_RETURN(project->neighbour_read, co_await ReadsNeighbour(*project));
  if (!project->neighbour_read) co_return absl::OkStatus();
  const auto with_level =
      co_await parts_.jira.ApproximateCount(fmt::format("project = {} AND level is not EMPTY", project->jira.id));
  // A site that refuses the question may well use levels.
  if (base::ReasonOf(with_level.status()) == jira::v1::JIRA_JQL_INVALID) co_return absl::OkStatus();
  if (!with_level.ok()) co_return with_level.status();
  project->levels_unused = *with_level == 0;
  co_return absl::OkStatus();
}

base::Task<absl::StatusOr<std::map<int64_t, deciding::Facts>>> Census::Read(std::vector<int64_t> ids,
                                                                            deciding::Reading reading) {
  auto reads = co_await parts_.source.Read(std::move(ids), reading);
  if (!reads.ok()) co_return reads.status();
  std::vector<jira::v1::User> reporters;
  for (const auto& [id, facts] : *reads) {
    if (facts.reread && facts.reread->has_reporter()) reporters.push_back(facts.reread->reporter());
  }
  TAJO_CO_RETURN_IF_ERROR(co_await parts_.users.Learn(std::move(reporters)));
  co_return reads;
}

base::Task<absl::StatusOr<Fate>> Census::FateOfIssue(int64_t id, bool read, const Project& project) {
  Evidence evidence{read, project.visible, project.neighbour_read, project.levels_unused, false};
  if (NeedsLoneRead(evidence)) {
    const auto alone = co_await parts_.jira.GetIssue(std::to_string(id), jira::IssueFields());
    evidence.not_found = base::ReasonOf(alone.status()) == jira::v1::JIRA_NOT_FOUND;
    if (!alone.ok() && !evidence.not_found) co_return alone.status();
  }
  co_return FateOf(evidence);
}

base::Task<absl::StatusOr<bool>> Census::ReadsNeighbour(const Project& project) {
  const auto read = co_await parts_.source.Read(project.neighbours, deciding::Reading::kIssue);
  if (!read.ok()) co_return read.status();
  co_return !read->empty();
}

base::Task<absl::Status> Census::Settle(std::vector<int64_t> ids, const Project& project) {
  for (const std::vector<int64_t>& some : InHundreds(ids)) {
    if (parts_.stopping()) co_return absl::OkStatus();
    auto reads = co_await Read(some, deciding::Reading::kIssue);
    if (!reads.ok()) co_return reads.status();
    auto records = co_await parts_.store.Issues(some);
    if (!records.ok()) co_return records.status();
    store::Application application;
    std::map<Fate, int64_t> found;
    for (std::size_t i = 0; i < some.size(); ++i) {
      const auto& record = (*records)[i];
      if (!record || record->deleted) continue;
      const auto read = reads->find(some[i]);
      TAJO_CO_ASSIGN_OR_RETURN(const Fate fate, co_await FateOfIssue(some[i], read != reads->end(), project));
      ++found[fate];
      if (fate == Fate::kThere) {
        read->second.record = record;
        auto decided = deciding::DecideRead(read->second, parts_.users.Lookup(), parts_.rules, NowMs());
        if (decided.write) application.issues.push_back(*std::move(decided.write));
        continue;
      }
      store::IssueWrite write;
      write.issue_id = some[i];
      write.record = *record;
      if (fate == Fate::kDeleted) {
        TAJO_CO_RETURN_IF_ERROR(co_await Delete(project, std::move(write), &application));
      } else if (fate == Fate::kHidden) {
        write.record.admitted = false;
        application.issues.push_back(std::move(write));
      }
    }
    if (found.contains(Fate::kDeleted)) {
      // The permission may have gone between the first look at the neighbours and these 404s.
      TAJO_CO_ASSIGN_OR_RETURN(const bool still_open, co_await ReadsNeighbour(project));
      if (!still_open) co_return base::Error(jira::v1::JIRA_UNAVAILABLE, "a project vanished while it was counted");
    }
    TAJO_CO_RETURN_IF_ERROR(co_await Apply(std::move(application)));
    for (const auto& [fate, count] : found) Count(NameOf(fate), count, project.jira.id);
  }
  co_return absl::OkStatus();
}

base::Task<absl::Status> Census::Delete(const Project& project, store::IssueWrite gone,
                                        store::Application* application) {
  const store::ContactId contact = gone.record.contact;
  const int64_t now_ms = NowMs();
  gone.record.deleted = true;
  if (!contact.IsNone() && DeletionIsDated(gone.record.version_ms, project.last_census_ms, now_ms, kEveryMs)) {
    const auto last_ticket = co_await parts_.store.LastTicketOf(contact);
    if (!last_ticket.ok()) co_return last_ticket.status();
    const auto desired = co_await parts_.store.Desired(contact);
    if (!desired.ok()) co_return desired.status();
    const std::string key = *last_ticket == gone.issue_id && desired->has_value()
                                ? KeyShownBy(**desired, parts_.rules.Config())
                                : std::string();
    if (!key.empty() && parts_.rules.IsEventTime(now_ms, now_ms)) {
      deciding::Subject subject;
      subject.contact = contact;
      subject.issue_id = gone.issue_id;
      subject.issue_key = key;
      subject.project_key = project.jira.key;
      application->outbox.push_back(deciding::DeletedEvent(subject, now_ms));
      application->outbox.back().set_queued_ms(now_ms);
      application->outbox.back().set_source_ms(0);  // it isn't Jira's time
    }
  }
  application->issues.push_back(std::move(gone));
  co_return absl::OkStatus();
}

base::Task<absl::Status> Census::Adopt(std::vector<int64_t> ids, const Project& project) {
  if (ids.size() > kWorthASync) {
    store::Job whole;
    whole.scheduled = true;
    whole.jql = fmt::format("project = {}", project.jira.id);
    const auto started = co_await parts_.jobs.Start(parts_.store.ConnectionId(), std::move(whole));
    co_return started.status();
  }
  for (const std::vector<int64_t>& some : InHundreds(ids)) {
    if (parts_.stopping()) co_return absl::OkStatus();
    auto reads = co_await Read(some, deciding::Reading::kIssueHistory);
    if (!reads.ok()) co_return reads.status();
    auto records = co_await parts_.store.Issues(some);
    if (!records.ok()) co_return records.status();
    store::Application application;
    int64_t adopted = 0;
    for (std::size_t i = 0; i < some.size(); ++i) {
      const auto read = reads->find(some[i]);
      const auto& record = (*records)[i];
      if (read == reads->end() || (record && record->deleted)) continue;
      read->second.record = record;
      auto decided = deciding::DecideRead(read->second, parts_.users.Lookup(), parts_.rules, NowMs());
      if (!decided.write) continue;
      adopted += decided.write->record.admitted ? 1 : 0;
      application.issues.push_back(*std::move(decided.write));
      std::move(decided.outbox.begin(), decided.outbox.end(), std::back_inserter(application.outbox));
    }
    TAJO_CO_RETURN_IF_ERROR(co_await Apply(std::move(application)));
    Count("new", adopted, project.jira.id);
  }
  co_return absl::OkStatus();
}

void Census::Count(std::string_view found, int64_t count, int64_t project_id) {
  if (count == 0) return;
  parts_.instruments.Census(found, count);
  parts_.log.Info("census", {{"connection", parts_.store.ConnectionId()},
                             {"project", std::to_string(project_id)},
                             {"found", found},
                             {"issues", std::to_string(count)}});
}

base::Task<absl::Status> Census::Apply(store::Application application) {
  if (application.issues.empty()) co_return absl::OkStatus();
  auto applied = co_await parts_.store.Apply(application);
  if (base::ReasonOf(applied.status()) == jira::v1::REDIS_AMBIGUOUS) {
    applied = co_await parts_.store.Apply(std::move(application));
  }
  if (!applied.ok()) co_return applied.status();
  parts_.wake_writers();
  co_return absl::OkStatus();
}

}  // namespace tajo::worker
