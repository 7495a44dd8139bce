#include "common/json/parse.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tajo/jira/v1/error.pb.h"

namespace tajo::json {
namespace {

std::string Nested(int levels) {
  return std::string(levels, '[') + std::string(levels, ']');
}

TEST(ParseJson, document_of_the_vendor_is_read) {
  const auto document = ParseJson(R"({"errorMessages":["Unbounded JQL queries are not allowed here."],"errors":{}})",
                                  jira::v1::JIRA_RESPONSE_INVALID);
  ASSERT_TRUE(document.ok()) << document.status();
  EXPECT_EQ((*document)["errorMessages"][0], "Unbounded JQL queries are not allowed here.");
  EXPECT_TRUE((*document)["errors"].is_object());
}

TEST(ParseJson, scalars_are_documents) {
  EXPECT_EQ(*ParseJson("3"), 3);
  EXPECT_TRUE(ParseJson("null")->is_null());
  EXPECT_EQ(*ParseJson(" \"a\" \n"), "a");
}

TEST(ParseJson, what_isnt_json_is_refused_without_quoting_it) {
  for (const char* text : {"", " ", "{", "{\"a\":1,}", "{} {}", "<html>secret</html>", "[1 2]", "nul", "'secret'", "01",
                           "\"secret\\x\"", "\"\x80secret\"", "\"\\ud800\"", "NaN", "[1e999]", "]", "}"}) {
    const auto document = ParseJson(text, jira::v1::BREVO_RESPONSE_INVALID);
    EXPECT_EQ(base::ReasonOf(document.status()), jira::v1::BREVO_RESPONSE_INVALID) << text;
    EXPECT_EQ(document.status().ToString().find("secret"), std::string::npos) << document.status();
  }
}

TEST(ParseJson, error_says_where) {
  EXPECT_EQ(ParseJson("{\"a\":x}").status().message(), "not JSON: wrong or cut short at byte 6 of 7");
}

TEST(ParseJson, zero_byte_isnt_an_end) {
  EXPECT_FALSE(ParseJson(std::string_view("{}\0{}", 5)).ok());
  EXPECT_FALSE(ParseJson(std::string_view("\"a\0b\"", 5)).ok());
}

TEST(ParseJson, two_hundred_levels_are_read_and_more_refused) {
  EXPECT_TRUE(ParseJson(Nested(200)).ok());
  const auto deeper = ParseJson(Nested(201));
  EXPECT_EQ(deeper.status().message(), "JSON nested deeper than 200 levels");
  EXPECT_FALSE(ParseJson(std::string(1'000'000, '[')).ok());
  std::string objects;
  for (int i = 0; i < 201; ++i) objects += "{\"a\":";
  EXPECT_EQ(ParseJson(objects).status().message(), "JSON nested deeper than 200 levels");
}

TEST(ParseJson, brackets_in_strings_dont_count) {
  EXPECT_TRUE(ParseJson(fmt::format("\"{}\"", std::string(500, '['))).ok());
  EXPECT_TRUE(ParseJson(fmt::format(R"(["\"{}\\", "{}"])", std::string(500, '{'), std::string(500, '['))).ok());
}

TEST(ParseJson, siblings_dont_count_as_depth) {
  std::string many = "[";
  for (int i = 0; i < 1000; ++i) many += "[],";
  EXPECT_TRUE(ParseJson(many + "[]]").ok());
}

TEST(ParseJson, text_above_the_limit_is_refused) {
  const ParseLimits limits{.max_bytes = 4};
  EXPECT_TRUE(ParseJson("1234", jira::v1::REQUEST_INVALID, limits).ok());
  EXPECT_EQ(ParseJson("12345", jira::v1::REQUEST_INVALID, limits).status().message(), "JSON of 5 bytes, more than 4");
}

}  // namespace
}  // namespace tajo::json
