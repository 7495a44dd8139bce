#include "services/sync-worker/reading/milestones.h"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "common/deciding/timeline.h"
#include "common/jira/pager.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::worker {
namespace {

constexpr int kPage = 100;

std::string JqlOf(const deciding::Milestone& milestone, const deciding::Rules& rules) {
  if (const auto* version = std::get_if<jira::v1::VersionChange>(&milestone)) {
    return fmt::format("fixVersion = {} AND statusCategory = Done AND {}", version->version().id(), rules.FilterJql());
  }
  const auto& change = std::get<jira::v1::SprintChange>(milestone);
  const bool closed = change.kind() == jira::v1::SprintChange::KIND_CLOSED;
  return fmt::format("sprint = {}{} AND {}", change.sprint().id(), closed ? " AND statusCategory = Done" : "",
                     rules.FilterJql());
}

jira::v1::OutboxEvent EventOf(const deciding::Milestone& milestone, const deciding::Subject& subject,
                              int64_t changed_ms) {
  if (const auto* version = std::get_if<jira::v1::VersionChange>(&milestone)) {
    return deciding::VersionReleasedEvent(subject, version->version(), changed_ms);
  }
  return deciding::SprintEvent(subject, std::get<jira::v1::SprintChange>(milestone).sprint(), changed_ms);
}

}  // namespace

Milestones::Milestones(store::OwnerStore& store, jira::Client& jira, IssueSource& source, UserDirectory& users,
                       const deciding::Rules& rules)
    : store_(store), jira_(jira), source_(source), users_(users), rules_(rules) {}

base::Task<absl::StatusOr<std::optional<deciding::Milestone>>> Milestones::Complete(deciding::Milestone milestone) {
  auto* change = std::get_if<jira::v1::VersionChange>(&milestone);
  if (change != nullptr && change->version().release_date().empty()) {
    auto version = co_await jira_.GetVersion(change->version().id());
    if (base::ReasonOf(version.status()) == jira::v1::JIRA_NOT_FOUND) co_return std::nullopt;
    if (!version.ok()) co_return version.status();
    change->mutable_version()->set_release_date(version->release_date());
  }
  co_return std::optional<deciding::Milestone>(std::move(milestone));
}

base::Task<absl::StatusOr<bool>> Milestones::IsGone(deciding::Milestone milestone) {
  absl::Status there;
  if (const auto* version = std::get_if<jira::v1::VersionChange>(&milestone)) {
    there = (co_await jira_.GetVersion(version->version().id())).status();
  } else {
    there = (co_await jira_.GetSprint(std::get<jira::v1::SprintChange>(milestone).sprint().id())).status();
    // Known by webhooks only: nobody can tell better.
    if (base::ReasonOf(there) == jira::v1::JIRA_SCOPE_MISSING) co_return true;
  }
  if (base::ReasonOf(there) == jira::v1::JIRA_NOT_FOUND) co_return true;
  if (!there.ok()) co_return there;
  co_return false;
}

base::Task<absl::StatusOr<Milestones::Found>> Milestones::Find(deciding::Milestone milestone, int64_t changed_ms,
                                                               int64_t now_ms) {
  Found found;
  if (!rules_.IsEventTime(changed_ms, now_ms)) co_return found;
  std::set<store::ContactId> told;
  jira::Pager pager;
  const std::string jql = JqlOf(milestone, rules_);
  while (!pager.Done()) {
    auto page = co_await source_.Search(jql, pager.Token(), kPage);
    // A version that is gone by now concerns nobody; but it may be the config's own jql that Jira refuses.
    if (base::ReasonOf(page.status()) == jira::v1::JIRA_JQL_INVALID) {
      TAJO_CO_ASSIGN_OR_RETURN(const bool gone, co_await IsGone(milestone));
      if (gone) co_return found;
    }
    if (!page.ok()) co_return page.status();
    TAJO_CO_RETURN_IF_ERROR(co_await AddUnread(page->issues, now_ms, &found));
    for (const auto& issue : page->issues) {
      auto customer = deciding::CustomerOf(issue, rules_, users_.Lookup());
      if (!customer || customer->email.empty() || !told.insert(customer->Contact()).second) continue;
      found.events.push_back(EventOf(milestone, deciding::SubjectOf(issue, customer->Contact()), changed_ms));
      found.events.back().set_queued_ms(now_ms);
      found.customers.push_back(*std::move(customer));
    }
    pager.Next(page->next_token, page->issues.size());
  }
  // Half of the customers would be all that ever hear of it.
  if (pager.Stopped() != jira::Pager::Stop::kNo) {
    co_return base::Error(jira::v1::JIRA_UNAVAILABLE, "Jira repeated a page token of a milestone's search; ask again");
  }
  co_return found;
}

base::Task<absl::Status> Milestones::AddUnread(const std::vector<jira::v1::Issue>& issues, int64_t now_ms,
                                               Found* found) {
  std::vector<int64_t> ids;
  std::vector<jira::v1::User> reporters;
  for (const auto& issue : issues) {
    ids.push_back(issue.id());
    if (issue.has_reporter()) reporters.push_back(issue.reporter());
  }
  TAJO_CO_RETURN_IF_ERROR(co_await users_.Learn(std::move(reporters)));
  auto records = co_await store_.Issues(std::move(ids));
  if (!records.ok()) co_return records.status();
  for (std::size_t i = 0; i < issues.size(); ++i) {
    if ((*records)[i]) continue;
    deciding::Facts facts;
    facts.reread = issues[i];
    facts.read_ms = now_ms;
    auto decided = deciding::DecideRead(facts, users_.Lookup(), rules_, now_ms);
    if (decided.write) found->unread.push_back(*std::move(decided.write));
  }
  co_return absl::OkStatus();
}

}  // namespace tajo::worker
