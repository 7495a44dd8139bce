#include "common/json/reader.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tajo/jira/v1/error.pb.h"

namespace tajo::json {
namespace {

class ReaderTest : public ::testing::Test {
 protected:
  const nlohmann::json document_ = nlohmann::json::parse(R"({
    "id": "10042", "key": "SUPPORT-7", "self": null, "expand": "",
    "fields": {
      "summary": "Export fails",
      "status": {"name": 5, "statusCategory": {"key": "done"}},
      "created": "2026-03-26T16:00:00.000+0000",
      "updated": 1774540800000,
      "duedate": "soon",
      "watches": {"watchCount": 3, "isWatching": false},
      "customfield_10016": 2.5,
      "customfield_10017": 8.0,
      "labels": ["a", "b"]
    },
    "changelog": {"id": 10311},
    "large": 18446744073709551615, "huge": 1e300
  })");
  const Reader issue_{document_, jira::v1::JIRA_RESPONSE_INVALID};

  void ExpectError(const absl::Status& status, std::string_view message) const {
    EXPECT_EQ(base::ReasonOf(status), jira::v1::JIRA_RESPONSE_INVALID);
    EXPECT_EQ(status.message(), absl::string_view(message.data(), message.size()));
  }
};

TEST_F(ReaderTest, values_of_their_type_are_read) {
  const Reader fields = issue_.Child("fields");
  EXPECT_EQ(fields.String("summary"), "Export fails");
  EXPECT_EQ(fields.Child("watches").Int64("watchCount"), 3);
  EXPECT_EQ(fields.Child("watches").Bool("isWatching"), false);
  EXPECT_EQ(fields.Double("customfield_10016"), 2.5);
  EXPECT_EQ(fields.Child("watches").Double("watchCount"), 3.0);
  EXPECT_EQ(issue_.String("expand"), "");
}

TEST_F(ReaderTest, missing_null_and_other_types_read_as_nothing) {
  EXPECT_EQ(issue_.String("nothing"), std::nullopt);
  EXPECT_EQ(issue_.String("self"), std::nullopt);
  EXPECT_EQ(issue_.Child("fields").Child("status").String("name"), std::nullopt);
  EXPECT_EQ(issue_.Child("fields").Bool("summary"), std::nullopt);
  EXPECT_EQ(issue_.Int64("id"), std::nullopt);
  EXPECT_EQ(issue_.Child("key").Child("below").At(3).String("a string"), std::nullopt);
}

TEST_F(ReaderTest, whole_numbers_only_are_integers) {
  EXPECT_EQ(issue_.Child("fields").Int64("customfield_10017"), 8);
  EXPECT_EQ(issue_.Child("fields").Int64("customfield_10016"), std::nullopt);
  EXPECT_EQ(issue_.Int64("large"), std::nullopt);
  EXPECT_EQ(issue_.Int64("huge"), std::nullopt);
}

TEST_F(ReaderTest, ids_are_strings_or_numbers) {
  EXPECT_EQ(issue_.Id("id"), "10042");
  EXPECT_EQ(issue_.Child("changelog").Id("id"), "10311");
  EXPECT_EQ(issue_.Id("expand"), std::nullopt);
  EXPECT_EQ(issue_.Id("self"), std::nullopt);
}

TEST_F(ReaderTest, times_are_texts_or_milliseconds) {
  EXPECT_EQ(issue_.Child("fields").Time("created"), 1'774'540'800'000);
  EXPECT_EQ(issue_.Child("fields").Time("updated"), 1'774'540'800'000);
  EXPECT_EQ(issue_.Child("fields").Time("duedate"), std::nullopt);
}

TEST_F(ReaderTest, items_know_their_path) {
  const auto labels = issue_.Child("fields").Items("labels");
  ASSERT_EQ(labels.size(), 2U);
  EXPECT_EQ(labels[1].String(), "b");
  EXPECT_EQ(labels[1].Path(), "fields.labels[1]");
  EXPECT_TRUE(issue_.Items("key").empty());
  EXPECT_TRUE(issue_.Items("nothing").empty());
}

TEST_F(ReaderTest, there_is_told_from_missing_and_null) {
  EXPECT_TRUE(issue_.Has("key"));
  EXPECT_FALSE(issue_.Has("self"));
  EXPECT_FALSE(issue_.Has("nothing"));
  EXPECT_NE(issue_.Child("self").Raw(), nullptr);
  EXPECT_EQ(issue_.Child("nothing").Raw(), nullptr);
}

TEST_F(ReaderTest, keys_are_the_members) {
  EXPECT_EQ(issue_.Child("fields").Child("watches").Keys(), (std::vector<std::string>{"isWatching", "watchCount"}));
  EXPECT_TRUE(issue_.Child("key").Keys().empty());
}

TEST_F(ReaderTest, required_values_are_read) {
  EXPECT_EQ(*issue_.RequireString("key"), "SUPPORT-7");
  EXPECT_EQ(*issue_.RequireId("id"), "10042");
  EXPECT_EQ(*issue_.Child("fields").RequireTime("created"), 1'774'540'800'000);
  EXPECT_EQ(*issue_.Child("fields").Child("watches").RequireInt64("watchCount"), 3);
  EXPECT_EQ(*issue_.Child("fields").Child("watches").RequireBool("isWatching"), false);
  EXPECT_EQ(issue_.RequireObject("fields")->String("summary"), "Export fails");
  EXPECT_EQ(issue_.Child("fields").RequireArray("labels")->size(), 2U);
}

TEST_F(ReaderTest, required_values_of_another_type_are_errors_that_name_the_path) {
  const Reader fields = issue_.Child("fields");
  ExpectError(fields.Child("status").RequireString("name").status(),
              "fields.status.name: expected a string, found a number");
  ExpectError(fields.RequireString("nothing").status(), "fields.nothing: expected a string, found nothing");
  ExpectError(issue_.RequireId("self").status(), "self: expected an id (a string or a whole number), found null");
  ExpectError(fields.RequireInt64("customfield_10016").status(),
              "fields.customfield_10016: expected a whole number, found a number");
  ExpectError(fields.RequireBool("labels").status(), "fields.labels: expected true or false, found an array");
  ExpectError(fields.RequireTime("duedate").status(),
              "fields.duedate: expected a time (ISO 8601 or milliseconds), found a string");
  ExpectError(issue_.RequireObject("key").status(), "key: expected an object, found a string");
  ExpectError(issue_.RequireArray("fields").status(), "fields: expected an array, found an object");
  ExpectError(fields.Child("watches").RequireString("isWatching").status(),
              "fields.watches.isWatching: expected a string, found a boolean");
}

TEST(Reader, of_a_document_of_another_shape_names_the_document) {
  const auto document = nlohmann::json::parse("[{\"id\": 1}]");
  const Reader reader(document);
  EXPECT_EQ(reader.Unexpected("an object").message(), "the document: expected an object, found an array");
  EXPECT_EQ(base::ReasonOf(reader.Unexpected("an object")), jira::v1::REQUEST_INVALID);
  EXPECT_EQ(reader.At(0).RequireString("id").status().message(), "[0].id: expected a string, found a number");
  EXPECT_FALSE(reader.At(1).Exists());
}

}  // namespace
}  // namespace tajo::json
