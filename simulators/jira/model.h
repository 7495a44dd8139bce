#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tajo::jira_sim {

// Times are milliseconds since 1970-01-01 UTC; 0 where there is none.
using Millis = int64_t;
using IssueIndex = uint32_t;
using UserIndex = uint32_t;
inline constexpr uint32_t kAbsent = 0xffffffffu;

enum class Category : uint8_t { kNew, kIndeterminate, kDone };

struct CategoryType {
  int id;
  std::string_view key;
  std::string_view color;
  std::string_view name;
};
inline constexpr std::array<CategoryType, 3> kCategories{{
    {2, "new", "blue-gray", "To Do"},
    {4, "indeterminate", "yellow", "In Progress"},
    {3, "done", "green", "Done"},
}};

struct StatusType {
  int id;
  std::string_view name;
  Category category;
};
inline constexpr std::array<StatusType, 7> kStatuses{{
    {10000, "To Do", Category::kNew},
    {3, "In Progress", Category::kIndeterminate},
    {10001, "Waiting for customer", Category::kIndeterminate},
    {10002, "In Review", Category::kIndeterminate},
    {5, "Resolved", Category::kDone},
    {6, "Closed", Category::kDone},
    {10003, "Done", Category::kDone},
}};
inline constexpr uint8_t kStatusToDo = 0, kStatusInProgress = 1, kStatusWaiting = 2, kStatusInReview = 3,
                         kStatusResolved = 4, kStatusClosed = 5, kStatusDone = 6;

struct NamedType {
  int id;
  std::string_view name;
};
inline constexpr std::array<NamedType, 5> kPriorities{
    {{1, "Highest"}, {2, "High"}, {3, "Medium"}, {4, "Low"}, {5, "Lowest"}}};
inline constexpr std::array<NamedType, 4> kResolutions{
    {{10000, "Done"}, {10001, "Won't Do"}, {10002, "Duplicate"}, {10003, "Cannot Reproduce"}}};
inline constexpr uint8_t kUnresolved = 0xff;
inline constexpr std::array<NamedType, 4> kIssueTypes{
    {{10004, "Bug"}, {10001, "Story"}, {10002, "Task"}, {10005, "Support Request"}}};
inline constexpr std::array<std::string_view, 4> kLabels{"billing", "login", "mobile", "export"};

// An issue's mutable state. Its words, its first histories and comments follow from the seed and are
// made on demand, so that a million issues fit in 100 MB.
struct IssueRow {
  Millis created = 0;
  Millis updated = 0;
  Millis resolved = 0;
  Millis status_changed = 0;
  uint32_t number = 0;  // of its key
  UserIndex reporter = kAbsent;
  UserIndex assignee = kAbsent;
  uint32_t version = kAbsent;      // index into World's versions
  uint32_t sprint = kAbsent;       // index into World's sprints
  uint32_t past_sprint = kAbsent;  // one that closed before the issue was done
  int32_t estimate_seconds = 0;
  int32_t remaining_seconds = 0;
  int32_t spent_seconds = 0;
  uint8_t project = 0;
  uint8_t type = 0;
  uint8_t status = kStatusToDo;
  uint8_t priority = 2;
  uint8_t resolution = kUnresolved;
  uint8_t points = 0;  // 0: not estimated
  uint8_t labels = 0;  // bit set over kLabels
  bool deleted = false;
  bool secured = false;  // has a security level
  bool hidden = false;   // one that the caller isn't in
};

struct HistoryItem {
  std::string field;
  std::string field_id;
  std::string from, from_string, to, to_string;  // empty: null
};

struct History {
  int64_t id = 0;
  Millis created = 0;
  UserIndex author = kAbsent;
  std::vector<HistoryItem> items;
};

enum class Audience : uint8_t {
  kPublic,
  kInternal,    // jsdPublic false and the property sd.public.comment
  kRestricted,  // visible to a role only; jsdPublic stays true
};

struct Comment {
  int64_t id = 0;
  Millis created = 0;
  Millis updated = 0;
  UserIndex author = kAbsent;
  Audience audience = Audience::kPublic;
  std::string text;
};

struct Worklog {
  int64_t id = 0;
  IssueIndex issue = kAbsent;
  Millis created = 0;
  Millis updated = 0;
  Millis started = 0;
  UserIndex author = kAbsent;
  int32_t seconds = 0;
};

struct Project {
  int64_t id = 0;
  std::string key;
  std::string name;
  bool service_desk = false;
  std::vector<IssueIndex> by_number;  // [number - 1]; a moved issue keeps its old numbers
};

struct Version {
  int64_t id = 0;
  uint8_t project = 0;
  std::string name;
  Millis start = 0;
  Millis release = 0;
  bool released = false;
  bool archived = false;
};

enum class SprintState : uint8_t { kFuture, kActive, kClosed };

struct Sprint {
  int64_t id = 0;
  uint8_t project = 0;
  int64_t board = 0;
  std::string name;
  std::string goal;
  SprintState state = SprintState::kFuture;
  Millis created = 0, start = 0, end = 0, complete = 0;
};

}  // namespace tajo::jira_sim
