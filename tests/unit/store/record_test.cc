#include <gtest/gtest.h>

#include "common/base/error.h"
#include "common/store/ids.h"
#include "common/store/issue_record.h"
#include "common/store/keys.h"
#include "common/store/ledger_key.h"
#include "common/store/plan_writer.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::store {
namespace {

TEST(ContactIdTest, Email_WrittenDifferently_IsTheSameContact) {
  const ContactId id = ContactId::OfEmail("anna.b@example.com");
  EXPECT_EQ(ContactId::OfEmail("  Anna.B@Example.COM\r\n"), id);
  EXPECT_NE(ContactId::OfEmail("annab@example.com"), id);
  // printf 'email:anna.b@example.com' | sha256sum | cut -c1-32
  EXPECT_EQ(id.Hex(), "3b273d9f94738e120b4fb3aea27e782c");
}

TEST(ContactIdTest, Bytes_OfAnotherLength_AreNone) {
  EXPECT_FALSE(ContactId::FromBytes("short"));
  EXPECT_TRUE(ContactId::FromBytes(std::string(16, '\0'))->IsNone());
  const ContactId id = ContactId::OfEmail("anna.b@example.com");
  EXPECT_EQ(ContactId::FromBytes(id.Bytes()), id);
}

IssueRecord LargestOfRealLife() {
  IssueRecord record;
  record.version_ms = 1'790'000'000'123;
  record.verified_until_ms = 1'790'000'000'001;
  record.contact = ContactId::OfEmail("anna.b@example.com");
  record.status_category = 3;
  record.list_id = 4'000'000'000;
  record.project_id = 4'000'000'000;
  record.assignee_hash = 0x8000'0000'0000'0001;
  record.original_estimate_min = 200'000'000;
  record.remaining_estimate_min = 200'000'000;
  record.time_spent_min = 200'000'000;
  record.story_points_x10 = 16'000;
  return record;
}

TEST(IssueRecordTest, Pack_Largest_FitsAListpackAndReadsBack) {
  const IssueRecord record = LargestOfRealLife();
  const std::string packed = record.Pack();
  EXPECT_LE(packed.size(), 64u);
  const auto read = IssueRecord::Unpack(packed);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->version_ms, record.version_ms);
  EXPECT_EQ(read->verified_until_ms, record.verified_until_ms);
  EXPECT_EQ(read->contact, record.contact);
  EXPECT_EQ(read->status_category, 3);
  EXPECT_EQ(read->list_id, record.list_id);
  EXPECT_EQ(read->project_id, record.project_id);
  EXPECT_EQ(read->assignee_hash, record.assignee_hash);
  EXPECT_EQ(read->time_spent_min, record.time_spent_min);
  EXPECT_EQ(read->story_points_x10, record.story_points_x10);
  EXPECT_TRUE(read->admitted);
  EXPECT_FALSE(read->deleted);
}

TEST(IssueRecordTest, Head_HasTheFixedPlacesThatScriptsRead) {
  IssueRecord record;
  record.version_ms = 0x0102030405;
  record.verified_until_ms = 0x06;
  record.contact.bytes[0] = 0xaa;
  record.contact.bytes[15] = 0xbb;
  record.deleted = true;
  record.status_category = 2;
  record.list_id = 22;
  const std::string packed = record.Pack();
  EXPECT_EQ(packed.substr(0, 8), std::string("\0\0\0\1\2\3\4\5", 8));
  EXPECT_EQ(packed.substr(8, 8), std::string("\0\0\0\0\0\0\0\6", 8));
  EXPECT_EQ(static_cast<uint8_t>(packed[16]), 0xaa);
  EXPECT_EQ(static_cast<uint8_t>(packed[31]), 0xbb);
  EXPECT_EQ(static_cast<uint8_t>(packed[32]), 1 | 2 | 2 << 2);
  EXPECT_EQ(packed.substr(33, 4), std::string("\0\0\0\x16", 4));
}

TEST(IssueRecordTest, Numbers_OutOfRange_AreClamped) {
  IssueRecord record;
  record.version_ms = -5;
  record.time_spent_min = int64_t{1} << 40;
  record.remaining_estimate_min = -1;
  record.story_points_x10 = 1'000'000;
  const auto read = IssueRecord::Unpack(record.Pack());
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->version_ms, 0);
  EXPECT_EQ(read->time_spent_min, (1 << 28) - 1);
  EXPECT_EQ(read->remaining_estimate_min, 0);
  EXPECT_EQ(read->story_points_x10, (1 << 14) - 1);
}

TEST(IssueRecordTest, Unpack_CutAnywhere_IsAnError) {
  const std::string packed = LargestOfRealLife().Pack();
  for (std::size_t size = 0; size < packed.size(); ++size) {
    EXPECT_FALSE(IssueRecord::Unpack(std::string_view(packed).substr(0, size)).ok()) << size;
  }
  EXPECT_FALSE(IssueRecord::Unpack(std::string(64, '\xff')).ok());
}

TEST(IssueRecordTest, Bucket_Neighbours_ShareOne) {
  EXPECT_EQ(IssueBucket(10'000), "issues:100");
  EXPECT_EQ(IssueBucket(10'099), "issues:100");
  EXPECT_EQ(IssueBucket(10'100), "issues:101");
}

TEST(IssueRecordTest, AssigneeHash_IsNeverUnassigned) {
  EXPECT_NE(AssigneeHash(""), 0u);
  EXPECT_NE(AssigneeHash("5b10ac8d82e05b22cc7d4ef5"), AssigneeHash("5b10a2844c20165700ede21g"));
}

TEST(KeysTest, OfAConnection_ShareItsHashTag) {
  const Keys keys("c_1");
  EXPECT_EQ(keys.Connection(), "tajo:{c_1}:connection");
  EXPECT_EQ(keys.Job("s_1"), "tajo:{c_1}:job:s_1");
  EXPECT_EQ(keys.Contact(ContactId{}), "tajo:{c_1}:contact:" + std::string(16, '\0'));
}

TEST(LedgerTest, Day_IsUtc) {
  EXPECT_EQ(LedgerDay(1'774'526'400'000), "20260326");
  EXPECT_EQ(LedgerDay(1'774'569'599'999), "20260326");
  EXPECT_EQ(LedgerDay(1'774'569'600'000), "20260327");
  EXPECT_EQ(LedgerKey("20260326", "\xffgh"), "sent:20260326:ff");
}

TEST(LedgerTest, Life_EndsTwoDaysAfterEventsAreRefused) {
  EXPECT_EQ(LedgerLifeSeconds(0, 0, 30), 32 * 86'400);
  EXPECT_EQ(LedgerLifeSeconds(0, int64_t{40} * 86'400'000, 30), 60);
}

TEST(PlanWriterTest, Values_OfEachSize_AreMessagePack) {
  PlanWriter small;
  small.Array(2).Bytes(std::string("a\0", 2)).Integer(5);
  EXPECT_EQ(small.Take(), std::string("\x92\xa2"
                                      "a\0"
                                      "\x05",
                                      5));
  PlanWriter middle;
  middle.Array(16).Bytes(std::string(32, 'x')).Integer(-1);
  EXPECT_EQ(middle.Take(),
            std::string("\xdc\0\x10\xd9\x20", 5) + std::string(32, 'x') + "\xd3" + std::string(8, '\xff'));
  PlanWriter large;
  large.Array(65'536).Bytes(std::string(256, 'x')).Bytes(std::string(65'536, 'y'));
  EXPECT_EQ(large.Take(), std::string("\xdd\0\1\0\0\xda\1\0", 8) + std::string(256, 'x') +
                              std::string("\xdb\0\1\0\0", 5) + std::string(65'536, 'y'));
}

}  // namespace
}  // namespace tajo::store
