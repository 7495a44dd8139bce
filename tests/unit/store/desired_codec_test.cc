#include "common/store/desired_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::store {
namespace {

using ::testing::Each;
using ::testing::Le;
using ::testing::SizeIs;

AttributeNumbers Numbers() {
  AttributeNumbers numbers;
  uint32_t next = 0;
  for (const char* name : {"KEY", "STATUS", "ACCOUNT", "POINTS", "SUMMARY", "EMPTY"}) numbers.Add(name, next++);
  return numbers;
}

jira::v1::DesiredContact Anna() {
  jira::v1::DesiredContact desired;
  desired.set_email("anna@example.com");
  desired.set_account_id("5b10ac8d82e05b22cc7d4ef5");
  auto& attributes = *desired.mutable_attributes();
  attributes["KEY"] = "\"SUP-1\"";
  attributes["ACCOUNT"] = "\"5b10ac8d82e05b22cc7d4ef5\"";
  attributes["POINTS"] = "3.5";
  attributes["SUMMARY"] = R"("say \"hi\" — ü")";
  attributes["EMPTY"] = "\"\"";
  return desired;
}

std::string Joined(const std::vector<std::string>& parts) {
  return std::accumulate(parts.begin(), parts.end(), std::string());
}

std::map<std::string, std::string> Fields(const std::vector<std::string>& parts) {
  std::map<std::string, std::string> fields = {{"v", "7"}, {"L22", "1"}};
  for (std::size_t i = 0; i < parts.size(); ++i) fields["d" + std::to_string(i + 1)] = parts[i];
  return fields;
}

TEST(DesiredCodecTest, State_PackedAndUnpacked_IsTheSame) {
  const auto parts = PackDesired(Anna(), Numbers());
  ASSERT_TRUE(parts.ok()) << parts.status();
  EXPECT_THAT(*parts, Each(SizeIs(Le(64u)))) << "longer ones cost Redis twice";
  const auto back = UnpackDesired(PackedState(Fields(*parts)), Numbers());
  ASSERT_TRUE(back);
  EXPECT_EQ(back->email(), "anna@example.com");
  EXPECT_EQ(back->account_id(), "5b10ac8d82e05b22cc7d4ef5");
  ASSERT_EQ(back->attributes_size(), 5);
  const jira::v1::DesiredContact anna = Anna();
  for (const auto& [name, value] : anna.attributes()) EXPECT_EQ(back->attributes().at(name), value) << name;
}

TEST(DesiredCodecTest, Person_IsReadWithoutNumbers) {
  const auto person = UnpackPerson(Joined(*PackDesired(Anna(), Numbers())));
  ASSERT_TRUE(person);
  EXPECT_EQ(person->email, "anna@example.com");
  EXPECT_EQ(person->account_id, "5b10ac8d82e05b22cc7d4ef5");
  EXPECT_FALSE(UnpackPerson(""));
}

TEST(DesiredCodecTest, LongText_StaysBelowAHundredParts) {
  jira::v1::DesiredContact desired = Anna();
  (*desired.mutable_attributes())["SUMMARY"] = "\"" + std::string(40'000, 's') + "\"";
  const auto parts = PackDesired(desired, Numbers());
  EXPECT_LE(parts->size(), 100u);
  EXPECT_EQ(UnpackDesired(PackedState(Fields(*parts)), Numbers())->attributes().at("SUMMARY").size(), 40'002u);
}

TEST(DesiredCodecTest, PartsThatAShorterStateLeft_AreNotRead) {
  jira::v1::DesiredContact shorter;
  shorter.set_email("a@example.com");
  std::map<std::string, std::string> fields = Fields(*PackDesired(Anna(), Numbers()));
  fields["d1"] = PackDesired(shorter, Numbers())->front();
  const auto back = UnpackDesired(PackedState(fields), Numbers());
  ASSERT_TRUE(back);
  EXPECT_EQ(back->attributes_size(), 0);
}

TEST(DesiredCodecTest, AttributeWithoutANumber_IsAnError) {
  EXPECT_EQ(base::ReasonOf(PackDesired(Anna(), AttributeNumbers()).status()), jira::v1::INTERNAL);
}

TEST(DesiredCodecTest, State_CutAnywhere_IsNone) {
  const std::string packed = Joined(*PackDesired(Anna(), Numbers()));
  int readable = 0;
  for (std::size_t size = 0; size < packed.size(); ++size) {
    const auto back = UnpackDesired(packed.substr(0, size), Numbers());
    if (!back) continue;
    ++readable;  // between two attributes
    EXPECT_LT(back->attributes_size(), 5);
  }
  EXPECT_LE(readable, 6);
}

}  // namespace
}  // namespace tajo::store
