#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "absl/status/statusor.h"
#include "simulators/jira/index_lag.h"
#include "simulators/jira/jql_query.h"
#include "simulators/jira/world.h"

namespace tajo::jira_sim {

// Runs JQL over the world and hands the result out in pages behind opaque tokens. The first page
// fixes which issues belong to the result; their content is as of the page.
class Search {
 public:
  Search(const World& world, IndexLag& lag) : world_(world), lag_(lag) {}

  struct Item {
    IssueIndex index;
    IssueRow row;  // as the index sees it
  };
  struct Page {
    std::vector<Item> items;
    std::string next_token;  // empty on the last page
  };

  // `fresh` are issues that the search must see as they are (reconcileIssues).
  absl::StatusOr<Page> First(std::string_view jql, const jql::Context& context, std::size_t size,
                             const std::vector<IssueIndex>& fresh);
  enum class TokenProblem : uint8_t { kUnknown, kExpired, kOtherQuery };
  struct NextResult {
    std::optional<Page> page;
    TokenProblem problem = TokenProblem::kUnknown;
  };
  NextResult Next(std::string_view token, std::string_view jql, Millis now, std::size_t size);

  absl::StatusOr<std::size_t> Count(std::string_view jql, const jql::Context& context);

  void SetTokenTtl(Millis ttl) { token_ttl_ = ttl; }

 private:
  struct ResultSet {
    uint64_t id = 0;
    std::string jql;
    Millis made = 0;
    std::vector<IssueIndex> hits;
  };

  std::vector<jql::Query::Hit> Run(const jql::Query& query, const IndexLag::Stale& stale) const;
  Page Cut(const ResultSet& set, std::size_t from, std::size_t size, Millis now);
  void Keep(ResultSet set);

  const World& world_;
  IndexLag& lag_;
  Millis token_ttl_ = 7LL * 86'400'000;
  uint64_t next_id_ = 1;
  std::list<ResultSet> sets_;  // the latest first
  std::unordered_map<uint64_t, std::list<ResultSet>::iterator> by_id_;
  std::size_t kept_hits_ = 0;
};

}  // namespace tajo::jira_sim
