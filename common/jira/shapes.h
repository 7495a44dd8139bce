#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/jira/fields.h"
#include "common/jira/walk.h"
#include "tajo/jira/v1/event.pb.h"

// How Jira writes its things, the same in REST answers and webhooks. Only for .cc files of this folder.
namespace tajo::jira {

// "unknown" accounts and addresses like "?" are left empty: they must not become a key.
void ReadUser(JsonWalk& walk, JsonValue value, v1::User* user, std::string* self = nullptr);

struct ReadIssueResult {
  std::string self;
  bool has_fields = false;
  // The fields that every whole issue has; without them it is a part.
  bool is_whole = false;
  std::vector<v1::History> histories;
};
// `fields` may be null: no custom ones.
ReadIssueResult ReadIssue(JsonWalk& walk, JsonValue value, const IssueFields* fields, v1::Issue* issue);

// A history of a changelog, or a webhook's `changelog` (id and items only). Without noise: rankings,
// and items that change nothing. Long texts (description, comments) lose their words.
void ReadHistory(JsonWalk& walk, JsonValue value, v1::History* history);

struct ReadAuthored {
  std::string self;
  std::string update_author;  // accountId
};
// Private by any of the three signs (jsdPublic false, a visibility, sd.public.comment internal), or if
// one of them can't be understood; then without its text.
ReadAuthored ReadComment(JsonWalk& walk, JsonValue value, std::size_t max_text, v1::Comment* comment);
// Without its text, which no event tells. Restricted by any visibility that isn't null.
ReadAuthored ReadWorklog(JsonWalk& walk, JsonValue value, std::size_t max_text, v1::Worklog* worklog);

// Both return `self`.
std::string ReadVersion(JsonWalk& walk, JsonValue value, v1::Version* version);
std::string ReadSprint(JsonWalk& walk, JsonValue value, v1::Sprint* sprint);

// The id behind "/issue/" in a link; 0 if there is none.
int64_t IssueIdIn(std::string_view self);

}  // namespace tajo::jira
