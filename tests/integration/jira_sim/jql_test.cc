#include "simulators/jira/jql.h"

#include <gtest/gtest.h>

#include <string>

namespace tajo::jira_sim::jql {
namespace {

std::string ErrorOf(std::string_view text) {
  const auto statement = Parse(text);
  return statement.ok() ? std::string() : std::string(statement.status().message());
}

TEST(JqlParse, AndBindsTighterThanOr) {
  const auto statement = Parse("a = 1 OR b = 2 AND c = 3");
  ASSERT_TRUE(statement.ok());
  ASSERT_EQ(statement->where.kind, Node::Kind::kOr);
  EXPECT_EQ(statement->where.children[1].kind, Node::Kind::kAnd);
}

TEST(JqlParse, ListsFunctionsAndQuotes_AreTakenApart) {
  const auto statement =
      Parse(R"(status NOT IN ("In Progress", 'it\'s', 5) and assignee = currentUser() ORDER BY updated DESC, key)");
  ASSERT_TRUE(statement.ok()) << statement.status();
  const Node& list = statement->where.children[0];
  EXPECT_EQ(list.op, Operator::kNotIn);
  ASSERT_EQ(list.operands.size(), 3u);
  EXPECT_EQ(list.operands[1].text, "it's");
  EXPECT_EQ(statement->where.children[1].operands[0].kind, Operand::Kind::kFunction);
  ASSERT_EQ(statement->order.size(), 2u);
  EXPECT_TRUE(statement->order[0].descending);
  EXPECT_FALSE(statement->order[1].descending);
}

TEST(JqlParse, OrderByAlone_IsUnbounded) {
  const auto statement = Parse("ORDER BY updated");
  ASSERT_TRUE(statement.ok());
  EXPECT_FALSE(statement->bounded);
}

TEST(JqlParse, Mistakes_NameTheirPlace) {
  EXPECT_EQ(ErrorOf("project = "),
            "Error in the JQL Query: Expecting either a value, list or function before the end of the query.");
  EXPECT_EQ(ErrorOf("project = A B"),
            "Error in the JQL Query: Expecting either 'OR' or 'AND' but got 'B'. (line 1, character 13)");
  EXPECT_EQ(ErrorOf("reporter = a@example.com").rfind("Error in the JQL Query: The character '@' is a reserved", 0),
            0u);
  EXPECT_EQ(ErrorOf("summary ~ \"open").rfind("Error in the JQL Query: The quoted string 'open'", 0), 0u);
  EXPECT_EQ(ErrorOf("resolution is Done"), "The operator 'is' is only supported with 'EMPTY' and 'NULL'.");
}

TEST(JqlParse, DeepNesting_IsRefusedNotFollowed) {
  EXPECT_NE(ErrorOf(std::string(10'000, '(')), "");
  std::string nots;
  for (int i = 0; i < 10'000; ++i) nots += "not ";
  EXPECT_NE(ErrorOf(nots + "a = 1"), "");
}

}  // namespace
}  // namespace tajo::jira_sim::jql
