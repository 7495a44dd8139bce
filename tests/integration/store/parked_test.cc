#include "common/store/parked.h"

#include <gmock/gmock.h>

#include "common/store/erasure.h"
#include "common/store/overview.h"
#include "tests/integration/store/store_fixture.h"

namespace tajo::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr char kAccount[] = "712020:4ef1-anna";

class ParkedStoreTest : public StoreTest {
 protected:
  ParkedStoreTest() { Redis({"SET", keys_.Lease(), "worker-1/aaaa"}); }

  static IssueWrite Parking(int64_t id, int64_t version_ms) {
    IssueWrite write = Ticket(id, "", version_ms);
    write.desired.Clear();
    write.parked_account = kAccount;
    return write;
  }
  std::vector<std::string> Due() { return Must(parked_.Due(10)); }

  OwnerStore owner_{*redis_, clock_, "c_1", LeaseToken{"worker-1/aaaa"}, 30, base::Secret("erasure key")};
  Parked parked_{owner_};
};

TEST_F(ParkedStoreTest, Ticket_KnownByAccountOnly_WaitsAndIsDueAtOnce) {
  Must(owner_.Apply(Of({Parking(1, 1000), Parking(2, 1000)})));
  EXPECT_THAT(Due(), ElementsAre(kAccount));
  EXPECT_THAT(Must(parked_.Tickets(kAccount, 10)), UnorderedElementsAre(1, 2));
  EXPECT_EQ(Must(ReadOverview(*redis_, "c_1")).tickets_without_contact, 2);
}

TEST_F(ParkedStoreTest, Look_Planned_IsNotMovedByFurtherTickets) {
  Must(owner_.Apply(Of({Parking(1, 1000)})));
  Must(parked_.LookAt({kAccount}, kNowMs + 1000));
  Must(owner_.Apply(Of({Parking(2, 1000)})));
  EXPECT_THAT(Due(), IsEmpty());
  clock_.Advance(std::chrono::seconds(1));
  EXPECT_THAT(Due(), ElementsAre(kAccount));
  Must(parked_.LookAt({"712020:somebody-else"}, 0));
  EXPECT_THAT(Due(), ElementsAre(kAccount)) << "who doesn't wait isn't looked for";
}

TEST_F(ParkedStoreTest, Look_ThatFoundNothing_DoesNotPutOffWhoBecameDueMeanwhile) {
  Must(owner_.Apply(Of({Parking(1, 1000)})));
  Must(parked_.LookAt({kAccount}, kNowMs));
  Must(parked_.PutOff(kAccount, kNowMs, kNowMs + 10'000));
  EXPECT_THAT(Due(), IsEmpty());
  const int64_t began_ms = kNowMs + 20'000;
  clock_.Advance(std::chrono::seconds(21));
  jira::v1::User user;
  user.set_account_id(kAccount);
  user.set_email(kAnna);
  Must(owner_.PutUsers({user}));
  Must(parked_.PutOff(kAccount, began_ms, began_ms + 3'600'000));
  EXPECT_THAT(Due(), ElementsAre(kAccount));
}

TEST_F(ParkedStoreTest, Release_SomeTickets_AppendsTheirEventsOnce) {
  Must(owner_.Apply(Of({Parking(1, 1000), Parking(2, 1000)})));
  Must(parked_.Release(kAccount, {{1, "hint-1"}}));
  Must(parked_.Release(kAccount, {{1, "hint-1"}}));
  EXPECT_EQ(Number({"XLEN", keys_.Events()}), 1);
  EXPECT_THAT(Due(), ElementsAre(kAccount));
  Must(parked_.Release(kAccount, {{2, ""}}));
  EXPECT_EQ(Number({"XLEN", keys_.Events()}), 1);
  EXPECT_THAT(Due(), IsEmpty());
}

TEST_F(ParkedStoreTest, Account_Forgotten_NeitherWaitsNorIsLinked) {
  Must(owner_.Apply(Of({Parking(1, 1000)})));
  Must(parked_.Put(kAccount, kAnna));
  EXPECT_THAT(Must(AccountsHeld(*redis_, "c_1")), ElementsAre(kAccount));
  EXPECT_THAT(Must(EmailsOfAccounts(*redis_, "c_1", {kAccount})), ElementsAre(kAnna));
  Must(ForgetAccounts(*redis_, "c_1", {kAccount}));
  EXPECT_THAT(Due(), IsEmpty());
  EXPECT_THAT(Must(parked_.Links({kAccount})), IsEmpty());
  EXPECT_THAT(Must(AccountsHeld(*redis_, "c_1")), IsEmpty());
}

TEST_F(ParkedStoreTest, ErasedPerson_LinkedToAnAccount_IsNeitherLinkedNorParkedAgain) {
  Must(parked_.Put(kAccount, kAnna));
  Must(Erase(*redis_, "c_1", owner_.Erased(), {{ContactId::OfEmail(kAnna), "", 0}}, kNowMs));
  EXPECT_THAT(Must(parked_.Links({kAccount})), IsEmpty());
  Must(parked_.Put(kAccount, kAnna));
  Must(owner_.Apply(Of({Parking(1, 1000)})));
  EXPECT_THAT(Must(parked_.Links({kAccount})), IsEmpty());
  EXPECT_THAT(Due(), IsEmpty());
}

TEST_F(ParkedStoreTest, Mend_OfWhatChangedMeanwhile_IsRefused) {
  const ContactId anna = ContactId::OfEmail(kAnna);
  Must(owner_.Apply(Of({Ticket(1, kAnna, 1000, 22)})));
  Must(owner_.Settle({{anna, 1, "h"}}));
  const auto before = Must(owner_.Contacts({anna, ContactId::OfEmail(kBert)}));
  ASSERT_TRUE(before[0]);
  EXPECT_FALSE(before[1]);
  EXPECT_FALSE(before[0]->busy);
  EXPECT_EQ(before[0]->state.written_ms, kNowMs);
  EXPECT_THAT(before[0]->state.desired.list_ids(), ElementsAre(22));
  Must(owner_.Apply(Of({Ticket(2, kAnna, 2000, 22)})));
  EXPECT_EQ(Must(owner_.Mend({{anna, before[0]->state.version, 1}})), 0);
  EXPECT_TRUE(Must(owner_.Contacts({anna}))[0]->busy);
  Must(owner_.Settle({{anna, 2, "h"}}));
  EXPECT_EQ(Must(owner_.Mend({{anna, 2, 1}})), 1);
  const auto dirty = Must(owner_.TakeDirty(10, Lane::kBackfill));
  ASSERT_EQ(dirty.size(), 1u);
  EXPECT_TRUE(dirty[0].forget_written);
  EXPECT_EQ(dirty[0].mends, 1);
}

}  // namespace
}  // namespace tajo::store
