#include "services/webhook-ingest/refusal_notes.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <exception>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"
#include "tests/support/fake_clock.h"

namespace tajo::ingest {
namespace {

constexpr int64_t kNowMs = 1'790'000'000'000;  // where the fake clock begins

// Keeps what each call of the script is given, the keys first; answers as a Redis that is away.
class AwayRedis final : public redis::Client {
 public:
  base::Task<absl::StatusOr<redis::Reply>> Execute(redis::Args) override { co_return redis::Reply(); }
  base::Task<absl::StatusOr<redis::Reply>> Run(const redis::Script&, redis::Args keys, redis::Args args) override {
    keys.insert(keys.end(), args.begin(), args.end());
    runs.push_back(std::move(keys));
    co_return base::Error(jira::v1::REDIS_UNAVAILABLE, "no connection");
  }

  std::vector<redis::Args> runs;
};

class RefusalNotesTest : public ::testing::Test {
 protected:
  RefusalNotesTest() {
    boost::asio::co_spawn(
        context_, notes_.Run(),
        boost::asio::bind_cancellation_slot(stop_.slot(), [this](const std::exception_ptr&) { stopped_ = true; }));
    context_.poll();
  }

  static KnownConnection Connection(const std::string& id, int64_t generation = 1) {
    KnownConnection connection;
    connection.id = id;
    connection.generation = generation;
    return connection;
  }
  void Pass(std::chrono::milliseconds time) {
    context_.restart();
    context_.poll();
    clock_.Advance(time);
    context_.restart();
    context_.poll();
  }

  boost::asio::io_context context_;
  testing::FakeClock clock_;
  AwayRedis redis_;
  RefusalNotes notes_{context_, redis_, clock_};
  boost::asio::cancellation_signal stop_;
  bool stopped_ = false;
};

TEST_F(RefusalNotesTest, Note_IsWrittenASecondBehindTheRefusal) {
  notes_.Add(Connection("c_1", 7), WhyRefused::kWrongMethod);
  Pass(std::chrono::milliseconds(999));
  EXPECT_TRUE(redis_.runs.empty());
  Pass(std::chrono::milliseconds(1));
  const redis::Args note = {"tajo:{c_1}:connection", "tajo:{c_1}:counters", "7", std::to_string(kNowMs),
                            "wrong_method"};
  ASSERT_EQ(redis_.runs.size(), 1u);
  EXPECT_EQ(redis_.runs[0], note);
}

TEST_F(RefusalNotesTest, RefusalsOfOneConnection_AreOneNoteASecondWithTheLastOfThem) {
  for (int i = 0; i < 1000; ++i) notes_.Add(Connection("c_1"), WhyRefused::kNoSignature);
  Pass(std::chrono::milliseconds(500));
  for (int i = 0; i < 1000; ++i) notes_.Add(Connection("c_1"), WhyRefused::kSignature);
  notes_.Add(Connection("c_2"), WhyRefused::kSignature);
  Pass(std::chrono::milliseconds(500));
  ASSERT_EQ(redis_.runs.size(), 2u);
  const redis::Args last = {"tajo:{c_1}:connection", "tajo:{c_1}:counters", "1", std::to_string(kNowMs + 500),
                            "signature"};
  EXPECT_EQ(redis_.runs[0], last);
  notes_.Add(Connection("c_1"), WhyRefused::kSignature);
  Pass(std::chrono::milliseconds(999));
  EXPECT_EQ(redis_.runs.size(), 2u);
  Pass(std::chrono::milliseconds(1));
  EXPECT_EQ(redis_.runs.size(), 3u);
}

TEST_F(RefusalNotesTest, NothingRefused_WakesNobody) {
  Pass(std::chrono::minutes(1));
  EXPECT_EQ(clock_.SleepersCount(), 0u);
  EXPECT_TRUE(redis_.runs.empty());
}

TEST_F(RefusalNotesTest, NotesBeyondTheirRoom_AreDropped) {
  for (int i = 0; i < 5000; ++i) notes_.Add(Connection(fmt::format("c_{}", i)), WhyRefused::kSignature);
  notes_.Add(Connection("c_0", 2), WhyRefused::kSignature);
  EXPECT_EQ(notes_.Size(), 1024u);
  Pass(std::chrono::seconds(1));
  ASSERT_EQ(redis_.runs.size(), 1024u);
  EXPECT_EQ(redis_.runs[0][2], "2") << "one that has room keeps it";
  EXPECT_EQ(notes_.Size(), 0u);
}

TEST_F(RefusalNotesTest, Cancelled_EndsWhereverItWaits) {
  notes_.Add(Connection("c_1"), WhyRefused::kSignature);
  Pass(std::chrono::milliseconds(1));
  EXPECT_EQ(clock_.SleepersCount(), 1u);
  stop_.emit(boost::asio::cancellation_type::terminal);
  Pass(std::chrono::milliseconds(1));
  EXPECT_TRUE(stopped_);
  EXPECT_TRUE(redis_.runs.empty());
}

}  // namespace
}  // namespace tajo::ingest
