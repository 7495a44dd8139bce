#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/jira/types.h"

// Answers of Jira turned into values. JIRA_RESPONSE_INVALID for what isn't JSON of the expected shape
// (a proxy's page, a cut body). Bodies are given away: the parser works in them.
namespace tajo::jira {

absl::StatusOr<IssuePage> ParseIssuePage(std::string body, const IssueFields& fields);
absl::StatusOr<RawPage> ParseRawPage(std::string body);
// `asked` tells what is missing.
absl::StatusOr<FetchedIssues> ParseFetched(std::string body, const IssueFields& fields,
                                           const std::vector<int64_t>& asked);
absl::StatusOr<FullIssue> ParseIssue(std::string body, const IssueFields& fields);

struct ChangelogPage {
  std::vector<IssueHistories> issues;
  std::string next_token;
};
absl::StatusOr<ChangelogPage> ParseChangelogPage(std::string body);

// A page by offset, or a bare array.
template <class T>
struct OffsetPage {
  std::vector<T> items;
  std::optional<int64_t> total;
  std::optional<bool> is_last;
};
absl::StatusOr<OffsetPage<v1::Comment>> ParseComments(std::string body);
absl::StatusOr<OffsetPage<v1::User>> ParseUsers(std::string body);
absl::StatusOr<OffsetPage<v1::Version>> ParseVersions(std::string body);
absl::StatusOr<OffsetPage<v1::Worklog>> ParseWorklogs(std::string body);
absl::StatusOr<OffsetPage<v1::Sprint>> ParseSprints(std::string body);
absl::StatusOr<v1::Sprint> ParseSprint(std::string body);
absl::StatusOr<v1::Version> ParseVersion(std::string body);

}  // namespace tajo::jira
