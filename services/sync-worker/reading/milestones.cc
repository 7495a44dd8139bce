#include "services/sync-worker/reading/milestones.h"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "common/jira/pager.h"
#include "services/sync-worker/deciding/timeline.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::worker {
namespace {

constexpr int kPage = 100;

std::string JqlOf(const Milestone& milestone, const Rules& rules) {
  if (const auto* version = std::get_if<jira::v1::VersionChange>(&milestone)) {
    return fmt::format("fixVersion = {} AND statusCategory = Done AND {}", version->version().id(), rules.FilterJql());
  }
  const auto& change = std::get<jira::v1::SprintChange>(milestone);
  const bool closed = change.kind() == jira::v1::SprintChange::KIND_CLOSED;
  return fmt::format("sprint = {}{} AND {}", change.sprint().id(), closed ? " AND statusCategory = Done" : "",
                     rules.FilterJql());
}

jira::v1::OutboxEvent EventOf(const Milestone& milestone, const Subject& subject, int64_t changed_ms) {
  if (const auto* version = std::get_if<jira::v1::VersionChange>(&milestone)) {
    return VersionReleasedEvent(subject, version->version(), changed_ms);
  }
  return SprintEvent(subject, std::get<jira::v1::SprintChange>(milestone).sprint(), changed_ms);
}

}  // namespace

Milestones::Milestones(IssueSource& source, UserDirectory& users, const Rules& rules)
    : source_(source), users_(users), rules_(rules) {}

base::Task<absl::StatusOr<std::vector<jira::v1::OutboxEvent>>> Milestones::EventsFor(Milestone milestone,
                                                                                     int64_t changed_ms,
                                                                                     int64_t now_ms) {
  std::vector<jira::v1::OutboxEvent> events;
  if (!rules_.IsEventTime(changed_ms, now_ms)) co_return events;
  std::set<store::ContactId> told;
  jira::Pager pager;
  const std::string jql = JqlOf(milestone, rules_);
  while (!pager.Done()) {
    auto page = co_await source_.Search(jql, pager.Token(), kPage);
    // A version that is gone by now concerns nobody.
    if (base::ReasonOf(page.status()) == jira::v1::JIRA_JQL_INVALID) co_return events;
    if (!page.ok()) co_return page.status();
    for (const auto& issue : page->issues) {
      const auto customer = CustomerOf(issue, rules_, users_.Lookup());
      if (!customer || customer->email.empty() || !told.insert(customer->Contact()).second) continue;
      events.push_back(EventOf(milestone, SubjectOf(issue, customer->Contact()), changed_ms));
      events.back().set_queued_ms(now_ms);
    }
    pager.Next(page->next_token, page->issues.size());
  }
  co_return events;
}

}  // namespace tajo::worker
