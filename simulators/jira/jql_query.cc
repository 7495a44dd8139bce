#include "simulators/jira/jql_query.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "common/base/ascii.h"
#include "common/base/error.h"
#include "simulators/jira/jql_values.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::jira_sim::jql {
namespace {

int64_t IndexOrEmpty(uint32_t index) {
  return index == kAbsent ? kEmptyValue : static_cast<int64_t>(index);
}
int64_t TimeOrEmpty(Millis time) {
  return time == 0 ? kEmptyValue : time;
}

// The one number of a field that has one.
int64_t Value(Field field, IssueIndex index, const IssueRow& row) {
  switch (field) {
    case Field::kProject:
      return row.project;
    case Field::kType:
      return row.type;
    case Field::kStatus:
      return row.status;
    case Field::kCategory:
      return static_cast<int64_t>(kStatuses[row.status].category);
    case Field::kPriority:
      return row.priority;
    case Field::kAssignee:
      return IndexOrEmpty(row.assignee);
    case Field::kReporter:
      return IndexOrEmpty(row.reporter);
    case Field::kIssue:
      return index;
    case Field::kResolution:
      return row.resolution == kUnresolved ? kEmptyValue : row.resolution;
    case Field::kVersion:
      return IndexOrEmpty(row.version);
    case Field::kSprint:
      return IndexOrEmpty(row.sprint);
    case Field::kLabel:
      return row.labels == 0 ? kEmptyValue : row.labels;
    case Field::kCreated:
      return row.created;
    case Field::kUpdated:
      return row.updated;
    case Field::kResolved:
      return TimeOrEmpty(row.resolved);
    case Field::kLevel:
      return row.secured ? 1 : kEmptyValue;
    default:
      return kEmptyValue;
  }
}

bool Holds(const std::vector<int64_t>& values, int64_t value) {
  return values.size() == 1 ? values[0] == value : std::binary_search(values.begin(), values.end(), value);
}

bool IsAmong(Field field, const std::vector<int64_t>& values, IssueIndex index, const IssueRow& row) {
  const int64_t value = Value(field, index, row);
  if (field == Field::kLabel && value != kEmptyValue) {
    return std::any_of(values.begin(), values.end(),
                       [&](int64_t label) { return label >= 0 && (value >> label & 1) != 0; });
  }
  if (field == Field::kSprint && row.past_sprint != kAbsent && Holds(values, row.past_sprint)) return true;
  return Holds(values, value);
}

std::string WordsOf(Field field, const World& world, IssueIndex index) {
  std::string out;
  if (field == Field::kSummary || field == Field::kText) out += world.Summary(index) + '\n';
  if (field == Field::kDescription || field == Field::kText) out += world.Description(index) + '\n';
  if (field == Field::kComment || field == Field::kText) {
    for (const Comment& comment : world.Comments(index)) out += comment.text + '\n';
  }
  return base::LowerCase(out);
}

}  // namespace

absl::StatusOr<Query::Test> Query::CompileTerm(const Node& node, const Context& context) {
  const auto field = FieldByName(node.field);
  if (!field) {
    return Refuse(fmt::format("Field '{}' does not exist or you do not have permission to view it.", node.field));
  }
  Test test{.kind = Node::Kind::kTerm, .children = {}, .field = *field, .op = node.op, .values = {}, .words = {}};
  const bool contains = node.op == Operator::kContains || node.op == Operator::kNotContains;
  const bool ordered =
      node.op == Operator::kGt || node.op == Operator::kGe || node.op == Operator::kLt || node.op == Operator::kLe;
  const bool can_order = IsTime(*field) || *field == Field::kIssue || *field == Field::kPriority;
  const bool empty_test = node.op == Operator::kIs || node.op == Operator::kIsNot;
  if ((contains != IsWords(*field) && !empty_test) || (ordered && !can_order)) {
    return Refuse(fmt::format("The operator '{}' is not supported by the '{}' field.", Text(node.op), node.field));
  }
  if (contains) {
    test.words = base::LowerCase(node.operands[0].text);
    while (!test.words.empty() && (test.words.back() == '*' || test.words.back() == '"')) test.words.pop_back();
    return test;
  }
  for (const Operand& operand : node.operands) {
    // A comparison by id needs no issue of that id: clients page with `id > 12345`.
    if (ordered && *field == Field::kIssue && base::LowerCase(node.field) == "id" && !operand.text.empty() &&
        operand.text.find_first_not_of("0123456789") == std::string::npos && operand.text.size() < 18) {
      test.values.push_back(std::stoll(operand.text) - World::IssueId(0));
      continue;
    }
    TAJO_ASSIGN_OR_RETURN(auto values, Resolve(*field, node.field, operand, context));
    test.values.insert(test.values.end(), values.begin(), values.end());
  }
  std::sort(test.values.begin(), test.values.end());
  return test;
}

absl::StatusOr<Query::Test> Query::CompileNode(const Node& node, const Context& context) {
  if (node.kind == Node::Kind::kTerm) return CompileTerm(node, context);
  Test test{.kind = node.kind, .children = {}, .values = {}, .words = {}};
  for (const Node& child : node.children) {
    TAJO_ASSIGN_OR_RETURN(Test inner, CompileNode(child, context));
    test.children.push_back(std::move(inner));
  }
  return test;
}

absl::StatusOr<Query> Query::Compile(std::string_view text, const Context& context, Bounds bounds) {
  TAJO_ASSIGN_OR_RETURN(const Statement statement, Parse(text));
  if (!statement.bounded && bounds == Bounds::kRequired) {
    return Refuse("Unbounded JQL queries are not allowed here. Please add a search restriction to your query.");
  }
  Query query;
  query.has_test_ = statement.bounded;
  if (statement.bounded) {
    TAJO_ASSIGN_OR_RETURN(query.test_, CompileNode(statement.where, context));
  }
  for (const Order& order : statement.order) {
    const auto field = FieldByName(order.field);
    if (!field || IsWords(*field)) {
      if (base::LowerCase(order.field) == "rank") continue;
      return Refuse(fmt::format("Not able to sort using field '{}'.", order.field));
    }
    query.order_.push_back({*field, order.descending});
  }
  if (query.order_.empty()) query.order_.push_back({Field::kCreated, true});
  return query;
}

bool Query::Run(const Test& test, const World& world, IssueIndex index, const IssueRow& row) {
  switch (test.kind) {
    case Node::Kind::kAnd:
      return std::all_of(test.children.begin(), test.children.end(),
                         [&](const Test& child) { return Run(child, world, index, row); });
    case Node::Kind::kOr:
      return std::any_of(test.children.begin(), test.children.end(),
                         [&](const Test& child) { return Run(child, world, index, row); });
    case Node::Kind::kNot:
      return !Run(test.children[0], world, index, row);
    case Node::Kind::kTerm:
      break;
  }
  if (IsWords(test.field)) {
    const std::string words = WordsOf(test.field, world, index);
    if (test.op == Operator::kIs) return words.find_first_not_of('\n') == std::string::npos;
    if (test.op == Operator::kIsNot) return words.find_first_not_of('\n') != std::string::npos;
    return (words.find(test.words) != std::string::npos) == (test.op == Operator::kContains);
  }
  const int64_t value = Value(test.field, index, row);
  // The more urgent a priority, the greater in JQL and the smaller its index.
  const int64_t sign = test.field == Field::kPriority ? -1 : 1;
  switch (test.op) {
    case Operator::kEq:
    case Operator::kIn:
    case Operator::kIs:
      return IsAmong(test.field, test.values, index, row);
    case Operator::kNe:
    case Operator::kNotIn:
    case Operator::kIsNot:
      // As in Jira, an empty field is never "not equal".
      return value != kEmptyValue && !IsAmong(test.field, test.values, index, row);
    case Operator::kGt:
      return value != kEmptyValue && value * sign > test.values[0] * sign;
    case Operator::kGe:
      return value != kEmptyValue && value * sign >= test.values[0] * sign;
    case Operator::kLt:
      return value != kEmptyValue && value * sign < test.values[0] * sign;
    case Operator::kLe:
      return value != kEmptyValue && value * sign <= test.values[0] * sign;
    default:
      return false;
  }
}

bool Query::Matches(const World& world, IssueIndex index, const IssueRow& row) const {
  return !has_test_ || Run(test_, world, index, row);
}

void Query::Sort(std::vector<Hit>& hits) const {
  if (order_.size() == 1 || order_[0].field == Field::kCreated || order_[0].field == Field::kUpdated) {
    // The common case: one number and then the id, sorted without looking at rows again.
    bool by_id = true;
    for (std::size_t i = 1; i < order_.size(); ++i) by_id = by_id && order_[i].field == Field::kIssue;
    if (by_id) {
      const bool id_descending = order_.size() > 1 ? order_[1].descending : order_[0].descending;
      std::vector<std::pair<std::pair<int64_t, int64_t>, const IssueRow*>> keyed;
      keyed.reserve(hits.size());
      for (const Hit& hit : hits) {
        const int64_t value = Value(order_[0].field, hit.index, *hit.row);
        const int64_t id = hit.index;
        keyed.push_back({{order_[0].descending ? ~value : value, id_descending ? -id : id}, hit.row});
      }
      std::sort(keyed.begin(), keyed.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
      for (std::size_t i = 0; i < hits.size(); ++i) {
        hits[i] = {static_cast<IssueIndex>(std::abs(keyed[i].first.second)), keyed[i].second};
      }
      return;
    }
  }
  std::sort(hits.begin(), hits.end(), [this](const Hit& a, const Hit& b) {
    for (const Key& key : order_) {
      const int64_t x = Value(key.field, a.index, *a.row);
      const int64_t y = Value(key.field, b.index, *b.row);
      if (x != y) return key.descending ? x > y : x < y;
    }
    return a.index < b.index;
  });
}

}  // namespace tajo::jira_sim::jql
