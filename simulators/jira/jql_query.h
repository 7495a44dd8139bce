#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "simulators/jira/jql.h"
#include "simulators/jira/model.h"
#include "simulators/jira/world.h"
#include "simulators/jira/zone.h"

namespace tajo::jira_sim::jql {

// Against what names and dates of a query are resolved.
struct Context {
  const World& world;
  const Zone& zone;  // of the caller's profile
  Millis now = 0;
  UserIndex caller = 0;
};

enum class Field : uint8_t {
  kProject,
  kType,
  kStatus,
  kCategory,
  kPriority,
  kAssignee,
  kReporter,
  kIssue,
  kResolution,
  kVersion,
  kSprint,
  kLabel,
  kCreated,
  kUpdated,
  kResolved,
  kLevel,
  kSummary,
  kDescription,
  kComment,
  kText
};

// A statement with every name resolved: a test of an issue and an order of issues.
class Query {
 public:
  // Unknown fields, values and operators are refused in Jira's words; so is a query without any
  // restriction, unless `unbounded_allowed`.
  enum class Bounds : uint8_t { kRequired, kOptional };
  static absl::StatusOr<Query> Compile(std::string_view text, const Context& context,
                                       Bounds bounds = Bounds::kRequired);

  bool Matches(const World& world, IssueIndex index, const IssueRow& row) const;
  // Issues in the query's order: unless it says otherwise, the newest first.
  struct Hit {
    IssueIndex index;
    const IssueRow* row;
  };
  void Sort(std::vector<Hit>& hits) const;

 private:
  struct Test {
    Node::Kind kind = Node::Kind::kTerm;
    std::vector<Test> children;
    Field field = Field::kProject;
    Operator op = Operator::kEq;
    std::vector<int64_t> values;  // ascending; kEmptyValue for EMPTY
    std::string words;
  };
  struct Key {
    Field field = Field::kIssue;
    bool descending = false;
  };

  static absl::StatusOr<Test> CompileNode(const Node& node, const Context& context);
  static absl::StatusOr<Test> CompileTerm(const Node& node, const Context& context);
  static bool Run(const Test& test, const World& world, IssueIndex index, const IssueRow& row);

  bool has_test_ = false;
  Test test_;
  std::vector<Key> order_;
};

}  // namespace tajo::jira_sim::jql
