#include "common/redis/codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/redis/refusal.h"

namespace tajo::redis {
namespace {

TEST(AppendCommandTest, Arguments_AreLengthPrefixed_WhateverTheirBytes) {
  std::string out;
  AppendCommand({"SET", "k", std::string("a\r\n\0b", 5), ""}, out);
  EXPECT_EQ(out, std::string("*4\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\na\r\n\0b\r\n$0\r\n\r\n", 37));
}

TEST(ReplyReaderTest, NestedArrays_FedByteByByte_AreWhole) {
  // XREADGROUP's shape, with a nil and a nested empty array.
  const std::string wire =
      "*2\r\n*2\r\n$3\r\n1-1\r\n*4\r\n$1\r\na\r\n$1\r\nb\r\n$-1\r\n:42\r\n*2\r\n*0\r\n*-1\r\n+OK\r\n";
  ReplyReader reader;
  std::vector<Answer> answers;
  for (const char byte : wire) {
    reader.Feed(std::string_view(&byte, 1));
    auto next = reader.Next();
    ASSERT_TRUE(next.ok()) << next.status();
    if (next->has_value()) answers.push_back(**std::move(next));
  }
  ASSERT_EQ(answers.size(), 2u);
  const auto& top = answers[0].reply.Elements();
  ASSERT_EQ(top.size(), 2u);
  EXPECT_EQ(top[0].Elements()[0].String(), "1-1");
  const auto& fields = top[0].Elements()[1].Elements();
  ASSERT_EQ(fields.size(), 4u);
  EXPECT_EQ(fields[1].String(), "b");
  EXPECT_TRUE(fields[2].IsNil());
  EXPECT_EQ(fields[3].Integer(), 42);
  EXPECT_TRUE(top[1].Elements()[0].IsArray());
  EXPECT_TRUE(top[1].Elements()[1].IsNil());
  EXPECT_EQ(answers[1].reply.String(), "OK");
}

TEST(ReplyReaderTest, WideNestedArray_PastAnyReserve_KeepsItsElements) {
  std::string wire = "*5000\r\n";
  for (int i = 0; i < 5000; ++i) wire += "*2\r\n:" + std::to_string(i) + "\r\n$1\r\nx\r\n";
  ReplyReader reader;
  reader.Feed(wire);
  auto next = reader.Next();
  ASSERT_TRUE(next.ok() && next->has_value());
  const auto& elements = (*next)->reply.Elements();
  ASSERT_EQ(elements.size(), 5000u);
  for (int i = 0; i < 5000; ++i) ASSERT_EQ(elements[static_cast<std::size_t>(i)].Elements()[0].Integer(), i);
}

TEST(ReplyReaderTest, ErrorInsideAnArray_MakesTheAnswerAnError_AndTheNextIsClean) {
  ReplyReader reader;
  reader.Feed("*2\r\n+OK\r\n-WRONGTYPE Operation against a key\r\n+OK\r\n");
  auto first = reader.Next();
  ASSERT_TRUE(first.ok() && first->has_value());
  EXPECT_EQ((*first)->error, "WRONGTYPE Operation against a key");
  auto second = reader.Next();
  ASSERT_TRUE(second.ok() && second->has_value());
  EXPECT_EQ((*second)->error, "");
  EXPECT_EQ((*second)->reply.String(), "OK");
}

class GarbageTest : public ::testing::TestWithParam<std::string> {};

TEST_P(GarbageTest, Garbage_IsAnErrorOrWaits_NeverAnAnswer) {
  ReplyReader reader;
  reader.Feed(GetParam());
  const auto next = reader.Next();
  EXPECT_FALSE(next.ok() && next->has_value());
}

INSTANTIATE_TEST_SUITE_P(All, GarbageTest,
                         ::testing::Values("HTTP/1.1 400 Bad Request\r\n\r\n", std::string("\x16\x03\x01\0\0", 5),
                                           "*2147483647\r\n", "*99999999999999999999\r\n", "$99999999999\r\n",
                                           "$-2\r\n",
                                           "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n", "+",
                                           "", "*", "$5\r\nab"));

TEST(ReplyTest, LenientReads_OfAnotherType_AreNeutral) {
  EXPECT_EQ(Reply().Integer(), 0);
  EXPECT_EQ(Reply(int64_t{5}).String(), "");
  EXPECT_TRUE(Reply(std::string("x")).Elements().empty());
  EXPECT_EQ(Reply(std::string("-17")).Integer(), -17);
  EXPECT_EQ(Reply(std::string("17x")).Integer(), 0);
  EXPECT_EQ(Reply(std::string("99999999999999999999")).Integer(), 0);
}

TEST(ScriptTest, Sha_IsWhatRedisComputes) {
  // redis-cli SCRIPT LOAD "return 1"
  EXPECT_EQ(Script("return 1").Sha(), "e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
}

TEST(RefusalTest, PassingTroubles_AreUnavailable) {
  for (const char* error : {"LOADING Redis is loading the dataset in memory", "BUSY Redis is busy running a script.",
                            "READONLY You can't write against a read only replica.",
                            "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'."}) {
    EXPECT_EQ(Refusal("SET", error).code(), absl::StatusCode::kUnavailable) << error;
  }
  EXPECT_EQ(Refusal("SET", "OOM command not allowed when used memory > 'maxmemory'.").code(),
            absl::StatusCode::kInternal);
}

TEST(RefusalTest, ScriptError_GivesItsWordAndNoQuotedValue) {
  const auto status = Refusal("EVALSHA", "LEASE_LOST owner is 'jane@example.com'");
  EXPECT_EQ(RefusalWord(status), "LEASE_LOST");
  EXPECT_EQ(status.message().find("jane"), std::string::npos);
  const auto plain = Refusal("NOSUCH", "ERR unknown command 'NOSUCH', with args beginning with: 'jane@example.com' ");
  EXPECT_EQ(std::string(plain.message()), "Redis refused NOSUCH: ERR unknown command");
}

}  // namespace
}  // namespace tajo::redis
