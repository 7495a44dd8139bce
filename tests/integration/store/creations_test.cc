#include "common/store/creations.h"

#include "tests/integration/store/store_fixture.h"

namespace tajo::store {
namespace {

using Turn = BegunCreation::Turn;

class CreationsTest : public StoreTest {
 protected:
  Creations creations_{*redis_, clock_};
  BegunCreation Begin(const std::string& token, const std::string& fingerprint = "f1") {
    return Must(creations_.Begin(Wish(token, fingerprint), std::chrono::seconds(150)));
  }
  CreationWish Wish(const std::string& token, const std::string& fingerprint = "f1") {
    return {"c_1", "name", fingerprint, token};
  }
};

TEST_F(CreationsTest, First_Goes_OthersWaitUntilItIsDone) {
  EXPECT_EQ(Begin("one").turn, Turn::kGo);
  EXPECT_EQ(Begin("two").turn, Turn::kWait);
  EXPECT_TRUE(Must(creations_.Sending(Wish("one"))));
  Must(creations_.Done(Wish("one"), 10001, "SUPPORT-7"));
  const BegunCreation second = Begin("two");
  EXPECT_EQ(second.turn, Turn::kDone);
  EXPECT_EQ(second.issue_id, 10001);
  EXPECT_EQ(second.issue_key, "SUPPORT-7");
}

TEST_F(CreationsTest, KeyOfAnotherWish_IsTold) {
  Begin("one");
  EXPECT_EQ(Begin("two", "f2").turn, Turn::kOther);
}

TEST_F(CreationsTest, Released_NextKnowsThatItWasSent) {
  Begin("one");
  EXPECT_TRUE(Must(creations_.Sending(Wish("one"))));
  Must(creations_.Release(Wish("one")));
  const BegunCreation second = Begin("two");
  EXPECT_EQ(second.turn, Turn::kGo);
  EXPECT_EQ(second.sent_ms, kNowMs);
}

TEST_F(CreationsTest, HolderThatDied_IsFollowedByTheNext_AndMaySendNoMore) {
  Begin("one");
  clock_.Advance(std::chrono::seconds(151));
  EXPECT_EQ(Begin("two").turn, Turn::kGo);
  EXPECT_FALSE(Must(creations_.Sending(Wish("one"))));
  EXPECT_TRUE(Must(creations_.Sending(Wish("two"))));
}

TEST_F(CreationsTest, Forgotten_IsAsNew) {
  Begin("one");
  Must(creations_.Sending(Wish("one")));
  Must(creations_.Forget(Wish("one")));
  const BegunCreation second = Begin("two", "f2");
  EXPECT_EQ(second.turn, Turn::kGo);
  EXPECT_EQ(second.sent_ms, 0);
}

TEST_F(CreationsTest, Creation_IsRememberedForTwoDays) {
  Begin("one");
  EXPECT_EQ(Number({"TTL", keys_.Of("creation:name")}), 2 * 86'400);
}

}  // namespace
}  // namespace tajo::store
