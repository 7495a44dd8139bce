#include "services/sync-worker/reading/issue_source.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "common/base/error.h"
#include "common/jira/pager.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::worker {
namespace {

constexpr std::size_t kReconcileLimit = 50;  // ids for which a search is read-after-write

template <class T>
std::vector<T> Slice(const std::vector<T>& all, std::size_t begin, std::size_t size) {
  const std::size_t end = std::min(begin + size, all.size());
  return {all.begin() + static_cast<std::ptrdiff_t>(begin), all.begin() + static_cast<std::ptrdiff_t>(end)};
}

std::vector<int64_t> IdsOf(const std::map<int64_t, deciding::Facts>& facts) {
  std::vector<int64_t> ids;
  for (const auto& [id, fact] : facts) ids.push_back(id);
  return ids;
}

}  // namespace

IssueSource::IssueSource(jira::Client& jira, const base::Clock& clock, const deciding::Rules& rules,
                         jira::IssueFields fields)
    : jira_(jira), clock_(clock), rules_(rules), fields_(std::move(fields)) {}

base::Task<absl::StatusOr<std::map<int64_t, deciding::Facts>>> IssueSource::Read(std::vector<int64_t> ids,
                                                                                 deciding::Reading reading) {
  std::map<int64_t, deciding::Facts> facts;
  for (std::size_t begin = 0; begin < ids.size(); begin += jira::kBulkFetchLimit) {
    const int64_t read_ms = base::ToMillis(clock_.Now());
    auto fetched = co_await jira_.BulkFetch(Slice(ids, begin, jira::kBulkFetchLimit), fields_);
    if (!fetched.ok()) co_return fetched.status();
    for (auto& full : fetched->issues) {
      deciding::Facts& fact = facts[full.issue.id()];
      fact.read_ms = read_ms;
      fact.reread = std::move(full.issue);
    }
  }
  if (!rules_.Config().jql().empty()) TAJO_CO_RETURN_IF_ERROR(co_await AddMatches(&facts));
  if (reading == deciding::Reading::kIssueHistory) TAJO_CO_RETURN_IF_ERROR(co_await AddHistories(&facts));
  co_return facts;
}

base::Task<absl::StatusOr<int64_t>> IssueSource::IdOf(std::string key) {
  auto full = co_await jira_.GetIssue(std::move(key), jira::IssueFields());
  if (!full.ok()) co_return full.status();
  co_return full->issue.id();
}

base::Task<absl::StatusOr<jira::IssuePage>> IssueSource::Search(std::string jql, std::string page_token,
                                                                int max_results) {
  jira::IssueQuery query;
  query.jql = std::move(jql);
  query.page_token = std::move(page_token);
  query.max_results = max_results;
  co_return co_await jira_.SearchJql(std::move(query), fields_);
}

base::Task<absl::Status> IssueSource::AddMatches(std::map<int64_t, deciding::Facts>* facts) {
  const std::vector<int64_t> ids = IdsOf(*facts);
  for (std::size_t begin = 0; begin < ids.size(); begin += kReconcileLimit) {
    const std::vector<int64_t> part = Slice(ids, begin, kReconcileLimit);
    jira::IssueQuery query;
    // Project and type are ours to judge; and Jira refuses JQL that names a project which it doesn't show.
    query.jql = fmt::format("id in ({}) AND ({})", fmt::join(part, ","), rules_.Config().jql());
    query.reconcile_ids = part;
    for (const int64_t id : part) (*facts)[id].matches_jql = false;
    jira::Pager pager;
    while (!pager.Done()) {
      query.page_token = pager.Token();
      auto page = co_await jira_.SearchRaw(query, std::vector<std::string>(1, "id"));
      if (!page.ok()) co_return page.status();
      // What a cut result doesn't show may match all the same.
      if (page->truncated) co_return base::Error(jira::v1::JIRA_UNAVAILABLE, "Jira cut the answer to a search by id");
      for (const auto& issue : page->issues) {
        if (const auto found = facts->find(issue.id); found != facts->end()) found->second.matches_jql = true;
      }
      pager.Next(page->next_token, page->issues.size());
    }
    if (pager.Stopped() != jira::Pager::Stop::kNo) {
      co_return base::Error(jira::v1::JIRA_UNAVAILABLE, "Jira repeated a page token of a search by id; ask again");
    }
  }
  co_return absl::OkStatus();
}

base::Task<absl::Status> IssueSource::AddHistories(std::map<int64_t, deciding::Facts>* facts) {
  const std::vector<int64_t> ids = IdsOf(*facts);
  for (std::size_t begin = 0; begin < ids.size(); begin += jira::kBulkChangelogLimit) {
    auto histories = co_await jira_.BulkChangelogs(Slice(ids, begin, jira::kBulkChangelogLimit));
    if (!histories.ok()) co_return histories.status();
    for (auto& issue : *histories) {
      if (const auto found = facts->find(issue.issue_id); found != facts->end()) {
        found->second.histories = std::move(issue.histories);
      }
    }
  }
  for (const int64_t id : ids) {
    deciding::Facts& fact = (*facts)[id];
    if (rules_.Config().sync().comments()) {
      auto comments = co_await jira_.Comments(id);
      if (base::ReasonOf(comments.status()) == jira::v1::JIRA_NOT_FOUND) {
        facts->erase(id);  // deleted, or hidden, since it was found: as if it hadn't been
        continue;
      }
      if (!comments.ok()) co_return comments.status();
      fact.comments = *std::move(comments);
    }
    fact.histories_read = true;
  }
  co_return absl::OkStatus();
}

}  // namespace tajo::worker
