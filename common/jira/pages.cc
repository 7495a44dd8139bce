#include "common/jira/pages.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "common/base/error.h"
#include "common/jira/adf.h"
#include "common/jira/shapes.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::jira {
namespace {

absl::Status Unreadable(std::string_view what) {
  return base::Error(v1::JIRA_RESPONSE_INVALID,
                     std::string("Jira's answer isn't ").append(what).append("; a proxy may have changed or cut it"));
}

std::string ReadWarning(JsonWalk& walk, JsonValue value) {
  std::string type;
  std::string message;
  if (!walk.IsObject(value)) return walk.Text(value);
  walk.Fields(value, [&](std::string_view key, JsonValue member) {
    if (key == "type") {
      type = walk.Text(member);
    } else if (key == "message") {
      message = walk.Text(member);
    }
  });
  if (type.empty() || message.empty()) return type + message;
  return type + ": " + message;
}

// What search pages have around their issues. Any warning may mean that the result was cut.
template <class Page, class ReadOne>
absl::StatusOr<Page> ParseSearch(std::string body, ReadOne read_one) {
  Page page;
  bool has_issues = false;
  JsonTokens tokens;
  const bool is_json = ReadDocument(tokens, body, [&](JsonWalk& walk, JsonValue root) {
    walk.Fields(root, [&](std::string_view key, JsonValue member) {
      if (key == "issues") {
        has_issues = walk.Items(member, [&](JsonValue issue) { read_one(walk, issue, page); });
      } else if (key == "nextPageToken") {
        page.next_token = walk.Text(member);
      } else if (key == "warnings" || key == "warningMessages") {
        walk.Items(member, [&](JsonValue warning) { page.warnings.push_back(ReadWarning(walk, warning)); });
      }
    });
  });
  if (!is_json || !has_issues) return Unreadable("a page of issues");
  page.is_last = page.next_token.empty();
  page.truncated = !page.warnings.empty();
  return page;
}

FullIssue ReadFull(JsonWalk& walk, JsonValue value, const IssueFields& fields) {
  FullIssue full;
  ReadIssueResult result = ReadIssue(walk, value, &fields, &full.issue);
  full.issue.set_partial(!result.has_fields);
  full.histories = std::move(result.histories);
  return full;
}

// {startAt, maxResults, total, isLast, <list>: [...]} or only the array.
template <class T, class ReadOne>
absl::StatusOr<OffsetPage<T>> ParseOffsetPage(std::string body, std::string_view list, std::string_view what,
                                              ReadOne read_one) {
  OffsetPage<T> page;
  bool found = false;
  JsonTokens tokens;
  const bool is_json = ReadDocument(tokens, body, [&](JsonWalk& walk, JsonValue root) {
    const auto read = [&](JsonValue item) { read_one(walk, item, page.items.emplace_back()); };
    if (!walk.IsObject(root)) {
      found = walk.Items(root, read);
      return;
    }
    walk.Fields(root, [&](std::string_view key, JsonValue member) {
      if (key == list) {
        found = walk.Items(member, read);
      } else if (key == "total") {
        page.total = walk.Integer(member);
      } else if (key == "isLast") {
        page.is_last = walk.Bool(member);
      }
    });
  });
  if (!is_json || !found) return Unreadable(what);
  return page;
}

}  // namespace

absl::StatusOr<IssuePage> ParseIssuePage(std::string body, const IssueFields& fields) {
  return ParseSearch<IssuePage>(std::move(body), [&fields](JsonWalk& walk, JsonValue value, IssuePage& page) {
    ReadIssueResult result = ReadIssue(walk, value, &fields, &page.issues.emplace_back());
    page.issues.back().set_partial(!result.has_fields);
    if (!result.histories.empty()) page.histories.push_back({page.issues.back().id(), std::move(result.histories)});
  });
}

absl::StatusOr<RawPage> ParseRawPage(std::string body) {
  return ParseSearch<RawPage>(std::move(body), [](JsonWalk& walk, JsonValue value, RawPage& page) {
    RawIssue& issue = page.issues.emplace_back();
    walk.Fields(value, [&](std::string_view key, JsonValue member) {
      if (key == "id") {
        issue.id = walk.Integer(member);
      } else if (key == "key") {
        issue.key = walk.Text(member);
      } else if (key == "fields" && walk.IsObject(member)) {
        issue.fields_json = std::string(walk.Raw(member));
      }
    });
    if (issue.fields_json.empty()) issue.fields_json = "{}";
  });
}

absl::StatusOr<FetchedIssues> ParseFetched(std::string body, const IssueFields& fields,
                                           const std::vector<int64_t>& asked) {
  FetchedIssues fetched;
  bool has_issues = false;
  absl::flat_hash_set<int64_t> answered;
  JsonTokens tokens;
  const bool is_json = ReadDocument(tokens, body, [&](JsonWalk& walk, JsonValue root) {
    walk.Fields(root, [&](std::string_view key, JsonValue member) {
      if (key == "issues") {
        has_issues = walk.Items(member, [&](JsonValue issue) {
          fetched.issues.push_back(ReadFull(walk, issue, fields));
          answered.insert(fetched.issues.back().issue.id());
        });
      } else if (key == "issueErrors") {
        walk.Items(member, [&](JsonValue error) {
          auto& [id, message] = fetched.errors.emplace_back();
          walk.Fields(error, [&](std::string_view inner, JsonValue text) {
            if (inner == "id") {
              id = walk.Text(text);
              answered.insert(walk.Integer(text));
            } else if (inner == "errorMessage") {
              message = walk.Text(text);
            }
          });
        });
      }
    });
  });
  if (!is_json || !has_issues) return Unreadable("a list of issues");
  for (const int64_t id : asked) {
    if (answered.insert(id).second) fetched.missing.push_back(id);
  }
  return fetched;
}

absl::StatusOr<FullIssue> ParseIssue(std::string body, const IssueFields& fields) {
  FullIssue full;
  JsonTokens tokens;
  const bool is_json =
      ReadDocument(tokens, body, [&](JsonWalk& walk, JsonValue root) { full = ReadFull(walk, root, fields); });
  if (!is_json || full.issue.id() == 0) return Unreadable("an issue");
  return full;
}

absl::StatusOr<ChangelogPage> ParseChangelogPage(std::string body) {
  ChangelogPage page;
  bool found = false;
  JsonTokens tokens;
  const bool is_json = ReadDocument(tokens, body, [&](JsonWalk& walk, JsonValue root) {
    walk.Fields(root, [&](std::string_view key, JsonValue member) {
      if (key == "nextPageToken") {
        page.next_token = walk.Text(member);
      } else if (key == "issueChangeLogs") {
        found = walk.Items(member, [&](JsonValue entry) {
          IssueHistories& issue = page.issues.emplace_back();
          walk.Fields(entry, [&](std::string_view inner, JsonValue value) {
            if (inner == "issueId") {
              issue.issue_id = walk.Integer(value);
            } else if (inner == "changeHistories") {
              walk.Items(value,
                         [&](JsonValue history) { ReadHistory(walk, history, &issue.histories.emplace_back()); });
            }
          });
        });
      }
    });
  });
  if (!is_json || !found) return Unreadable("a page of changelogs");
  return page;
}

absl::StatusOr<OffsetPage<v1::Comment>> ParseComments(std::string body) {
  return ParseOffsetPage<v1::Comment>(std::move(body), "comments", "a page of comments",
                                      [](JsonWalk& walk, JsonValue value, v1::Comment& comment) {
                                        ReadComment(walk, value, kMaxPlainTextBytes, &comment);
                                      });
}

absl::StatusOr<OffsetPage<v1::User>> ParseUsers(std::string body) {
  return ParseOffsetPage<v1::User>(
      std::move(body), "values", "a list of users",
      [](JsonWalk& walk, JsonValue value, v1::User& user) { ReadUser(walk, value, &user); });
}

absl::StatusOr<OffsetPage<v1::Version>> ParseVersions(std::string body) {
  return ParseOffsetPage<v1::Version>(
      std::move(body), "values", "a page of versions",
      [](JsonWalk& walk, JsonValue value, v1::Version& version) { ReadVersion(walk, value, &version); });
}

absl::StatusOr<OffsetPage<v1::Worklog>> ParseWorklogs(std::string body) {
  return ParseOffsetPage<v1::Worklog>(std::move(body), "worklogs", "a list of worklogs",
                                      [](JsonWalk& walk, JsonValue value, v1::Worklog& worklog) {
                                        ReadWorklog(walk, value, kMaxPlainTextBytes, &worklog);
                                      });
}

absl::StatusOr<OffsetPage<v1::Sprint>> ParseSprints(std::string body) {
  return ParseOffsetPage<v1::Sprint>(
      std::move(body), "values", "a page of sprints",
      [](JsonWalk& walk, JsonValue value, v1::Sprint& sprint) { ReadSprint(walk, value, &sprint); });
}

absl::StatusOr<v1::Version> ParseVersion(std::string body) {
  v1::Version version;
  JsonTokens tokens;
  const bool is_json =
      ReadDocument(tokens, body, [&](JsonWalk& walk, JsonValue root) { ReadVersion(walk, root, &version); });
  if (!is_json || version.id() == 0) return Unreadable("a version");
  return version;
}

absl::StatusOr<v1::Sprint> ParseSprint(std::string body) {
  v1::Sprint sprint;
  JsonTokens tokens;
  const bool is_json =
      ReadDocument(tokens, body, [&](JsonWalk& walk, JsonValue root) { ReadSprint(walk, root, &sprint); });
  if (!is_json || sprint.id() == 0) return Unreadable("a sprint");
  return sprint;
}

}  // namespace tajo::jira
