#include "common/deciding/mapping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "common/deciding/attribute_value.h"
#include "tests/unit/deciding/samples.h"

namespace tajo::deciding {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// The mapping that a line of YAML gives.
jira::v1::FieldMapping Line(const std::string& yaml) {
  const auto config = config::ParseConnectionConfig("field_mapping: {customfield_10050: " + yaml + "}");
  if (!config.ok()) throw std::runtime_error(std::string(config.status().message()));
  return config->field_mapping(0);
}

std::string Written(const std::string& yaml, const std::string& field_json) {
  const AttributeValue value = ToAttribute(nlohmann::json::parse(field_json), Line(yaml));
  return value.dropped.empty() ? value.json : value.json + " " + std::string(value.dropped);
}

TEST(ToAttributeTest, Without_a_type_a_value_is_written_as_it_is) {
  EXPECT_EQ(Written("A", R"("Gold")"), R"("Gold")");
  EXPECT_EQ(Written("A", "12.5"), "12.5");
  EXPECT_EQ(Written("A", R"({"value":"Gold","id":"1"})"), R"("Gold")");
  EXPECT_EQ(Written("A", R"([{"name":"a"},{"name":"b"}])"), R"("a, b")");
  EXPECT_EQ(Written("A", "true"), R"("true")");
  EXPECT_EQ(Written("A", "null"), R"("")");
}

TEST(ToAttributeTest, Text_takes_numbers_as_people_write_them) {
  EXPECT_EQ(Written("{attribute: A, type: text}", "3.0"), R"("3")");
  EXPECT_EQ(Written("{attribute: A, type: text}", "0.1"), R"("0.1")");
}

TEST(ToAttributeTest, Float_takes_numbers_and_texts_that_are_numbers) {
  const std::string line = "{attribute: A, type: float}";
  EXPECT_EQ(Written(line, "3.0"), "3");
  EXPECT_EQ(Written(line, R"("12.5")"), "12.5");
  EXPECT_EQ(Written(line, R"({"value":"-2"})"), "-2");
  EXPECT_EQ(Written(line, R"("1.234,5")"), R"("" not_a_number)");
  EXPECT_EQ(Written(line, R"("nan")"), R"("" not_a_number)");
  EXPECT_EQ(Written(line, "[1,2]"), R"("" several_values)");
}

TEST(ToAttributeTest, Date_is_the_day_in_UTC_and_nothing_else) {
  const std::string line = "{attribute: A, type: date}";
  EXPECT_EQ(Written(line, R"("2026-03-26")"), R"("2026-03-26")");
  EXPECT_EQ(Written(line, R"("2026-03-26T00:30:00.000+0100")"), R"("2026-03-25")");
  EXPECT_EQ(Written(line, R"("26/03/2026")"), R"("" not_a_date)");
  EXPECT_EQ(Written(line, "20260326"), R"("" not_a_date)");
}

TEST(ToAttributeTest, Times_are_written_in_the_format_that_was_asked_for) {
  const std::string time = R"("2026-03-26T16:00:00.000+0000")";
  EXPECT_EQ(Written("{attribute: A, format: date}", time), R"("2026-03-26")");
  EXPECT_EQ(Written("{attribute: A, format: iso8601}", time), R"("2026-03-26T16:00:00.000Z")");
  EXPECT_EQ(Written("{attribute: A, format: epoch}", time), "1774540800");
  EXPECT_EQ(Written("{attribute: A, type: text, format: epoch}", time), R"("1774540800")");
  EXPECT_EQ(Written("{attribute: A, format: epoch}", R"("soon")"), R"("" not_a_date)");
}

TEST(ToAttributeTest, Boolean_takes_the_words_for_it) {
  const std::string line = "{attribute: A, type: boolean}";
  EXPECT_EQ(Written(line, "true"), "true");
  EXPECT_EQ(Written(line, R"({"value":"No"})"), "false");
  EXPECT_EQ(Written(line, R"("perhaps")"), R"("" not_a_boolean)");
}

TEST(ToAttributeTest, Map_comes_before_the_type_and_the_default_fills_what_it_leaves) {
  const std::string line = "{attribute: A, type: float, map: {Highest: 1, High: 2}, default: 9}";
  EXPECT_EQ(Written(line, R"({"name":"Highest"})"), "1");
  EXPECT_EQ(Written(line, R"({"name":"Low"})"), "9");
  EXPECT_EQ(Written(line, "null"), "9");
  EXPECT_EQ(Written("{attribute: A, type: text, map: {a: b}}", R"("z")"), R"("z")") << "without a default it passes";
  EXPECT_EQ(Written("{attribute: A, type: text, default: none}", R"("z")"), R"("z")");
  EXPECT_EQ(Written("{attribute: A, type: text, default: none}", "[]"), R"("none")");
}

TEST(ToAttributeTest, Category_is_written_as_the_value_of_its_option) {
  jira::v1::FieldMapping line = Line("{attribute: A, type: category, options: [Web, Mail]}");
  line.mutable_options(0)->set_value_json("1");
  line.mutable_options(1)->set_value_json("\"m\"");
  EXPECT_EQ(ToAttribute(nlohmann::json::parse(R"({"value":"Web"})"), line).json, "1");
  EXPECT_EQ(ToAttribute("Mail", line).json, "\"m\"");
  const AttributeValue other = ToAttribute("Phone", line);
  EXPECT_EQ(other.json, "\"\"");
  EXPECT_EQ(other.dropped, "not_an_option");
}

TEST(ToAttributeTest, Multiple_choice_keeps_the_options_and_counts_the_rest) {
  const std::string line = "{attribute: A, type: multiple-choice, options: [Red, Blue]}";
  EXPECT_EQ(Written(line, R"([{"value":"Blue"},{"value":"Red"},{"value":"Blue"}])"), R"(["Blue","Red"])");
  EXPECT_EQ(Written(line, R"(["Red","Green"])"), R"(["Red"] not_an_option)");
  EXPECT_EQ(Written(line, R"(["Green"])"), R"("" not_an_option)");
}

TEST(DesiredForTest, Constants_are_written_to_every_contact_and_stay_without_a_ticket) {
  auto config = SampleConfig();
  const auto parsed = config::ParseConnectionConfig("constants: {SOURCE: \"jira\", SCORE: 5, VIP: true}");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  *config.mutable_constants() = parsed->constants();
  const Rules rules(config);
  const Customer customer{"customer0001@example.com", "712020:aaaa", "Customer One"};
  const auto desired = DesiredFor(SampleIssue(), customer, rules);
  EXPECT_EQ(desired.attributes().at("SOURCE"), "\"jira\"");
  EXPECT_EQ(desired.attributes().at("SCORE"), "5");
  EXPECT_EQ(desired.attributes().at("VIP"), "true");
  const auto without = DesiredWithoutTicket(desired, rules);
  EXPECT_EQ(without.attributes().at("SOURCE"), "\"jira\"");
  EXPECT_EQ(without.attributes().at("LAST_TICKET_KEY"), "\"\"");
}

TEST(DesiredForTest, Values_that_do_not_fit_are_cleared_and_told) {
  auto config = SampleConfig();
  *config.add_field_mapping() = Line("{attribute: VALUE, type: float}");
  *config.add_field_mapping() = Line("{attribute: DUE, type: date}");
  jira::v1::Issue issue = SampleIssue();
  (*issue.mutable_fields())["customfield_10050"] = "\"a lot\"";
  std::vector<std::string> dropped;
  const auto desired = DesiredFor(issue, {"customer0001@example.com", "", ""}, Rules(config), &dropped);
  EXPECT_EQ(desired.attributes().at("VALUE"), "\"\"");
  EXPECT_THAT(dropped, ElementsAre("not_a_number", "not_a_date"));
}

TEST(DesiredForTest, Times_of_the_ticket_follow_type_and_format) {
  auto config = SampleConfig();
  const auto parsed = config::ParseConnectionConfig(
      "field_mapping:\n"
      "  issue_created: {attribute: CREATED, format: epoch}\n"
      "  issue_updated: {attribute: UPDATED, type: text}\n");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  *config.mutable_field_mapping() = parsed->field_mapping();
  std::vector<std::string> dropped;
  const auto desired = DesiredFor(SampleIssue(), {"customer0001@example.com", "", ""}, Rules(config), &dropped);
  EXPECT_EQ(desired.attributes().at("CREATED"), "1790000001");
  EXPECT_EQ(desired.attributes().at("UPDATED"), "\"2026-09-21\"");
  EXPECT_THAT(dropped, IsEmpty());
}

TEST(DesiredForTest, Name_that_is_not_known_wipes_nothing_but_takes_a_default) {
  auto config = SampleConfig();
  const Customer nameless{"customer0001@example.com", "", ""};
  EXPECT_FALSE(DesiredFor(SampleIssue(), nameless, Rules(config)).attributes().contains("FIRSTNAME"));
  for (auto& mapping : *config.mutable_field_mapping()) {
    if (mapping.source() == "displayName") mapping.set_default_value("customer");
  }
  EXPECT_EQ(DesiredFor(SampleIssue(), nameless, Rules(config)).attributes().at("FIRSTNAME"), "\"customer\"");
}

}  // namespace
}  // namespace tajo::deciding
