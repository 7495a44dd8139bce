#include "simulators/jira/jql.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "common/base/ascii.h"
#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::jira_sim::jql {
namespace {

constexpr std::size_t kMaxOrder = 7;
constexpr int kMaxDepth = 50;

struct Token {
  enum class Kind : uint8_t { kEnd, kWord, kString, kSymbol };
  Kind kind = Kind::kEnd;
  std::string text;
  std::size_t position = 0;
};

absl::StatusOr<std::vector<Token>> Tokenise(std::string_view text) {
  std::vector<Token> out;
  std::size_t i = 0;
  while (i < text.size()) {
    const char c = text[i];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      ++i;
      continue;
    }
    Token token{.kind = Token::Kind::kSymbol, .text = {}, .position = i};
    if (c == '"' || c == '\'') {
      token.kind = Token::Kind::kString;
      for (++i; i < text.size() && text[i] != c; ++i) {
        if (text[i] == '\\' && i + 1 < text.size()) ++i;
        token.text += text[i];
      }
      if (i >= text.size()) {
        return Refuse(
            fmt::format("Error in the JQL Query: The quoted string '{}' has not been completed. (line 1, "
                        "character {})",
                        token.text, token.position + 1));
      }
      ++i;
    } else if (std::string_view("=!<>~&|(),").find(c) != std::string_view::npos) {
      constexpr std::array<std::string_view, 6> kDouble{"!=", ">=", "<=", "!~", "&&", "||"};
      const std::string_view two = text.substr(i, 2);
      const bool is_double = std::find(kDouble.begin(), kDouble.end(), two) != kDouble.end();
      token.text = std::string(is_double ? two : text.substr(i, 1));
      i += token.text.size();
    } else {
      token.kind = Token::Kind::kWord;
      while (i < text.size() && std::string_view(" \t\r\n=!<>~&|(),\"'").find(text[i]) == std::string_view::npos) {
        if (text[i] == '\\' && i + 1 < text.size()) ++i;
        const bool custom_field = base::LowerCase(token.text).starts_with("cf");
        if (std::string_view("@;?*/%^$#[]+").find(text[i]) != std::string_view::npos && !custom_field) {
          return Refuse(
              fmt::format("Error in the JQL Query: The character '{0}' is a reserved JQL character. You must "
                          "enclose it in a string or use the escape '\\u{1:04x}' instead. (line 1, character "
                          "{2})",
                          text[i], static_cast<int>(text[i]), i + 1));
        }
        token.text += text[i++];
      }
    }
    out.push_back(std::move(token));
  }
  out.push_back({.kind = Token::Kind::kEnd, .text = {}, .position = text.size()});
  return out;
}

class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  absl::StatusOr<Statement> Run() {
    Statement statement;
    if (!AtWord("order") && Now().kind != Token::Kind::kEnd) {
      TAJO_ASSIGN_OR_RETURN(statement.where, Or(0));
      statement.bounded = true;
    }
    if (TakeWord("order")) {
      if (!TakeWord("by")) return Unexpected("'by'");
      TAJO_RETURN_IF_ERROR(ParseOrder(statement.order));
    }
    if (Now().kind != Token::Kind::kEnd) return Unexpected("either 'OR' or 'AND'");
    return statement;
  }

 private:
  const Token& Now() const { return tokens_[at_]; }
  bool AtWord(std::string_view word) const {
    return Now().kind == Token::Kind::kWord && base::LowerCase(Now().text) == word;
  }
  bool TakeWord(std::string_view word) {
    if (!AtWord(word)) return false;
    ++at_;
    return true;
  }
  bool TakeSymbol(std::string_view symbol) {
    if (Now().kind != Token::Kind::kSymbol || Now().text != symbol) return false;
    ++at_;
    return true;
  }

  absl::Status Unexpected(std::string_view wanted) const {
    if (Now().kind == Token::Kind::kEnd) {
      return Refuse(fmt::format("Error in the JQL Query: Expecting {} before the end of the query.", wanted));
    }
    return Refuse(fmt::format("Error in the JQL Query: Expecting {} but got '{}'. (line 1, character {})", wanted,
                              Now().text, Now().position + 1));
  }

  absl::Status ParseOrder(std::vector<Order>& order) {
    do {
      if (Now().kind != Token::Kind::kWord && Now().kind != Token::Kind::kString) return Unexpected("a field name");
      Order entry{.field = Now().text, .descending = false};
      ++at_;
      if (TakeWord("desc")) {
        entry.descending = true;
      } else {
        TakeWord("asc");
      }
      order.push_back(std::move(entry));
    } while (TakeSymbol(","));
    if (order.size() > kMaxOrder) return Refuse("JQL can be ordered by at most 7 fields.");
    return absl::OkStatus();
  }

  absl::StatusOr<Node> Or(int depth) { return Chain(Node::Kind::kOr, depth); }

  absl::StatusOr<Node> Chain(Node::Kind kind, int depth) {
    if (depth > kMaxDepth) return Refuse("Error in the JQL Query: The query is too complex.");
    Node chain{.kind = kind, .children = {}, .field = {}, .operands = {}};
    do {
      if (kind == Node::Kind::kOr) {
        TAJO_ASSIGN_OR_RETURN(Node node, Chain(Node::Kind::kAnd, depth + 1));
        chain.children.push_back(std::move(node));
      } else {
        TAJO_ASSIGN_OR_RETURN(Node node, Unary(depth + 1));
        chain.children.push_back(std::move(node));
      }
    } while (kind == Node::Kind::kOr ? TakeWord("or") || TakeSymbol("||") : TakeWord("and") || TakeSymbol("&&"));
    if (chain.children.size() == 1) {
      Node only = std::move(chain.children.front());
      return only;
    }
    return chain;
  }

  absl::StatusOr<Node> Unary(int depth) {
    if (TakeWord("not") || TakeSymbol("!")) {
      if (depth > kMaxDepth) return Refuse("Error in the JQL Query: The query is too complex.");
      TAJO_ASSIGN_OR_RETURN(Node inner, Unary(depth + 1));
      Node node{.kind = Node::Kind::kNot, .children = {}, .field = {}, .operands = {}};
      node.children.push_back(std::move(inner));
      return node;
    }
    if (TakeSymbol("(")) {
      TAJO_ASSIGN_OR_RETURN(Node node, Or(depth + 1));
      if (!TakeSymbol(")")) return Unexpected("')'");
      return node;
    }
    return Term();
  }

  absl::StatusOr<Node> Term() {
    if (Now().kind != Token::Kind::kWord && Now().kind != Token::Kind::kString) return Unexpected("a field name");
    Node term{.kind = Node::Kind::kTerm, .children = {}, .field = Now().text, .operands = {}};
    ++at_;
    const auto op = TakeOperator();
    if (!op) {
      return Unexpected(
          "operator: the valid operators are '=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', "
          "'IS' and 'IS NOT',");
    }
    term.op = *op;
    if (*op == Operator::kIn || *op == Operator::kNotIn) {
      if (TakeSymbol("(")) {
        do {
          TAJO_ASSIGN_OR_RETURN(Operand operand, Value());
          term.operands.push_back(std::move(operand));
        } while (TakeSymbol(","));
        if (!TakeSymbol(")")) return Unexpected("')'");
        return term;
      }
      TAJO_ASSIGN_OR_RETURN(Operand operand, Value());
      if (operand.kind != Operand::Kind::kFunction) return Unexpected("'('");
      term.operands.push_back(std::move(operand));
      return term;
    }
    TAJO_ASSIGN_OR_RETURN(Operand operand, Value());
    const bool is = *op == Operator::kIs || *op == Operator::kIsNot;
    if (is && operand.kind != Operand::Kind::kEmpty) {
      return Refuse(fmt::format("The operator '{}' is only supported with 'EMPTY' and 'NULL'.", Text(*op)));
    }
    term.operands.push_back(std::move(operand));
    return term;
  }

  std::optional<Operator> TakeOperator() {
    constexpr std::array<std::pair<std::string_view, Operator>, 8> kSymbols{{{"=", Operator::kEq},
                                                                             {"!=", Operator::kNe},
                                                                             {">", Operator::kGt},
                                                                             {">=", Operator::kGe},
                                                                             {"<", Operator::kLt},
                                                                             {"<=", Operator::kLe},
                                                                             {"~", Operator::kContains},
                                                                             {"!~", Operator::kNotContains}}};
    for (const auto& [symbol, op] : kSymbols) {
      if (TakeSymbol(symbol)) return op;
    }
    if (TakeWord("in")) return Operator::kIn;
    if (TakeWord("is")) return TakeWord("not") ? Operator::kIsNot : Operator::kIs;
    if (AtWord("not") && at_ + 1 < tokens_.size() && base::LowerCase(tokens_[at_ + 1].text) == "in") {
      at_ += 2;
      return Operator::kNotIn;
    }
    return std::nullopt;
  }

  absl::StatusOr<Operand> Value() {
    if (Now().kind != Token::Kind::kWord && Now().kind != Token::Kind::kString) {
      return Unexpected("either a value, list or function");
    }
    Operand operand{.kind = Operand::Kind::kLiteral,
                    .text = Now().text,
                    .arguments = {},
                    .quoted = Now().kind == Token::Kind::kString};
    ++at_;
    if (operand.quoted) return operand;
    const std::string lower = base::LowerCase(operand.text);
    if (lower == "empty" || lower == "null") {
      operand.kind = Operand::Kind::kEmpty;
    } else if (TakeSymbol("(")) {
      operand.kind = Operand::Kind::kFunction;
      while (Now().kind == Token::Kind::kWord || Now().kind == Token::Kind::kString) {
        operand.arguments.push_back(Now().text);
        ++at_;
        if (!TakeSymbol(",")) break;
      }
      if (!TakeSymbol(")")) return Unexpected("')'");
    }
    return operand;
  }

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
};

}  // namespace

absl::Status Refuse(std::string_view message) {
  return base::Error(jira::v1::JIRA_JQL_INVALID, message);
}

std::string_view Text(Operator op) {
  constexpr std::array<std::string_view, 12> kTexts{
      "=", "!=", "in", "not in", ">", ">=", "<", "<=", "is", "is not", "~", "!~"};
  return kTexts[static_cast<std::size_t>(op)];
}

absl::StatusOr<Statement> Parse(std::string_view text) {
  TAJO_ASSIGN_OR_RETURN(std::vector<Token> tokens, Tokenise(text));
  return Parser(std::move(tokens)).Run();
}

}  // namespace tajo::jira_sim::jql
