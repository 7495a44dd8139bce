#include "common/store/refusal_note.h"

#include "common/store/overview.h"
#include "tests/integration/store/store_fixture.h"

namespace tajo::store {
namespace {

class RefusalNoteTest : public StoreTest {
 protected:
  RefusalNoteTest() { Redis({"HSET", keys_.Connection(), "generation", "3"}); }

  void Note(int64_t at_ms, const char* why, int64_t generation = 3) {
    RefusalNote note{generation, at_ms, why};
    Must(NoteRefusal(*redis_, "c_1", std::move(note)));
  }
  ConnectionOverview Overview() { return Must(ReadOverview(*redis_, "c_1")); }
};

TEST_F(RefusalNoteTest, LastRefusal_IsWhatTheOverviewTells) {
  EXPECT_EQ(Overview().last_refused_ms, 0);
  Note(kNowMs, kRefusedNoSignature);
  Note(kNowMs + 5'000, kRefusedSignature);
  EXPECT_EQ(Overview().last_refused_ms, kNowMs + 5'000);
  EXPECT_EQ(Overview().last_refused_why, "signature");
}

TEST_F(RefusalNoteTest, ConnectionThatIsGoneOrChanged_GetsNoNote) {
  Note(kNowMs, kRefusedSignature, 2);
  Redis({"DEL", keys_.Connection()});
  Note(kNowMs, kRefusedSignature);
  Note(kNowMs, kRefusedSignature, 0);
  EXPECT_EQ(Number({"EXISTS", keys_.Counters()}), 0);
}

TEST_F(RefusalNoteTest, StoredWebhook_SilencesWhatWasRefusedBefore) {
  Note(kNowMs, kRefusedSignature);
  Redis({"HSET", keys_.Counters(), "last_webhook_ms", std::to_string(kNowMs + 1'000)});
  EXPECT_EQ(Overview().last_refused_ms, 0);
  EXPECT_EQ(Overview().last_refused_why, "");
  Note(kNowMs + 2'000, kRefusedSignature);
  EXPECT_EQ(Overview().last_refused_ms, kNowMs + 2'000);
}

// Intake notes the first of each second: a later one may have come behind the refusal.
TEST_F(RefusalNoteTest, RefusalInTheSecondOfAStoredWebhook_IsNotTold) {
  Redis({"HSET", keys_.Counters(), "last_webhook_ms", std::to_string(kNowMs)});
  Note(kNowMs + 999, kRefusedSignature);
  EXPECT_EQ(Overview().last_refused_ms, 0);
  Note(kNowMs + 1'000, kRefusedSignature);
  EXPECT_EQ(Overview().last_refused_ms, kNowMs + 1'000);
}

}  // namespace
}  // namespace tajo::store
