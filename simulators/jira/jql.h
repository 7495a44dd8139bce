#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tajo::jira_sim::jql {

struct Operand {
  enum class Kind : uint8_t { kLiteral, kFunction, kEmpty };
  Kind kind = Kind::kLiteral;
  std::string text;  // of a function: its name
  std::vector<std::string> arguments;
  bool quoted = false;
};

enum class Operator : uint8_t { kEq, kNe, kIn, kNotIn, kGt, kGe, kLt, kLe, kIs, kIsNot, kContains, kNotContains };
std::string_view Text(Operator op);

struct Node {
  enum class Kind : uint8_t { kAnd, kOr, kNot, kTerm };
  Kind kind = Kind::kTerm;
  std::vector<Node> children;
  // Of a term:
  std::string field;  // as written
  Operator op = Operator::kEq;
  std::vector<Operand> operands;
};

struct Order {
  std::string field;
  bool descending = false;
};

struct Statement {
  bool bounded = false;  // has a search restriction at all
  Node where;
  std::vector<Order> order;
};

// An error in Jira's own words.
absl::Status Refuse(std::string_view message);

// Parses the text; errors are Jira's own words (the status's message).
absl::StatusOr<Statement> Parse(std::string_view text);

}  // namespace tajo::jira_sim::jql
