#include <set>

#include "common/store/overview.h"
#include "tajo/jira/v1/error.pb.h"
#include "tests/integration/store/store_fixture.h"

namespace tajo::store {
namespace {

class DeliveryTest : public StoreTest {
 protected:
  OwnerStore owner_ = Owner();

  void Queue(std::vector<jira::v1::OutboxEvent> events) {
    for (const auto& event : events) HasContact(*ContactId::FromBytes(event.contact()));
    Application application;
    application.outbox = std::move(events);
    Must(owner_.Apply(application));
  }
  std::string AddEvent(const std::string& payload = "") {
    return Redis({"XADD", keys_.Events(), "*", "e", payload}).String();
  }
  bool IsDirty(const std::string& email) {
    return !Redis({"ZSCORE", keys_.Dirty(), ContactId::OfEmail(email).Bytes()}).IsNil();
  }
  void MakeDirty(const std::string& email, int64_t version_ms = 1000, int64_t id = 1) {
    Must(owner_.Apply(Of({Ticket(id, email, version_ms, 22)})));
  }
};

TEST_F(DeliveryTest, Take_OldestFirst_LeavesThemInTheStream) {
  jira::v1::Event event;
  event.set_webhook_event("jira:issue_updated");
  const std::string first = AddEvent(event.SerializeAsString());
  AddEvent("\xff not protobuf");
  AddEvent();
  const auto taken = Must(owner_.Take(2));
  ASSERT_EQ(taken.size(), 2u);
  EXPECT_EQ(taken[0].entry_id, first);
  EXPECT_EQ(taken[0].event.webhook_event(), "jira:issue_updated");
  EXPECT_FALSE(taken[0].unreadable);
  EXPECT_TRUE(taken[1].unreadable);
  EXPECT_EQ(Must(owner_.Take(10)).size(), 3u);
}

TEST_F(DeliveryTest, Take_AfterAnotherOwnerCrashed_CountsWhatItHadInHand) {
  const std::string done = AddEvent();
  const std::string poisonous = AddEvent();
  AddEvent();
  Must(owner_.Take(2));
  Application application;
  application.acknowledged = {done};
  Must(owner_.Apply(application));
  EXPECT_EQ(Must(owner_.Take(1))[0].crashes, 0) << "the same owner's second take is no crash";
  OwnerStore second = Owner("worker-2/bbbb");
  const auto taken = Must(second.Take(2));
  ASSERT_EQ(taken.size(), 1u) << "it goes alone";
  EXPECT_EQ(taken[0].entry_id, poisonous);
  EXPECT_EQ(taken[0].crashes, 1);
  OwnerStore third = Owner("worker-1/cccc");
  EXPECT_EQ(Must(third.Take(1))[0].crashes, 2);
  application.acknowledged = {poisonous};
  Must(third.Apply(application));
  EXPECT_TRUE(Redis({"HGET", keys_.Of("crashes"), poisonous}).IsNil());
}

TEST_F(DeliveryTest, Take_BesideAPoisonousEntry_CountsNoCrashOfOthers) {
  const std::string first = AddEvent();
  const std::string poisonous = AddEvent();
  const std::string behind = AddEvent();
  ASSERT_EQ(Must(owner_.Take(64)).size(), 3u);
  // Each owner applies what comes alone before it and dies of the second.
  std::vector<std::string> owners = {"worker-2/b", "worker-3/c"};
  for (const std::string& name : owners) {
    OwnerStore next = Owner(name);
    for (auto taken = Must(next.Take(64)); taken.at(0).entry_id != poisonous; taken = Must(next.Take(64))) {
      ASSERT_EQ(taken.size(), 1u);
      Application application;
      application.acknowledged = {taken[0].entry_id};
      Must(next.Apply(application));
    }
  }
  OwnerStore last = Owner("worker-4/d");
  EXPECT_EQ(Must(last.Take(64))[0].crashes, 3);
  Application given_up;
  given_up.acknowledged = {poisonous};
  Must(last.Apply(given_up));
  const auto taken = Must(last.Take(64));
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken[0].entry_id, behind);
  EXPECT_EQ(taken[0].crashes, 1) << "only of the first death, when it was in hand, too";
}

TEST_F(DeliveryTest, Take_LeftForLater_IsInNobodysHand) {
  const std::string waiting = AddEvent();
  const std::string other = AddEvent();
  Must(owner_.Take(64));
  EXPECT_TRUE(Run(owner_.LayDown()).ok());
  OwnerStore next = Owner("worker-2/b");
  const auto taken = Must(next.Take(64, {waiting}));
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken[0].entry_id, other);
  EXPECT_EQ(taken[0].crashes, 0);
}

TEST_F(DeliveryTest, Dirty_InFlight_IsNotTakenTwice) {
  MakeDirty(kAnna);
  EXPECT_EQ(Must(owner_.TakeDirty(10, Lane::kLive)).size(), 1u);
  EXPECT_TRUE(Must(owner_.TakeDirty(10, Lane::kLive)).empty());
  Must(owner_.PutBack({ContactId::OfEmail(kAnna)}));
  EXPECT_EQ(Must(owner_.TakeDirty(10, Lane::kLive)).size(), 1u);
}

TEST_F(DeliveryTest, Dirty_UnknownContacts_GoBeforeKnownOnes) {
  MakeDirty(kAnna);
  Must(owner_.Settle({{ContactId::OfEmail(kAnna), 1, "h1"}}));
  MakeDirty(kAnna, 2000);
  clock_.Advance(std::chrono::seconds(5));
  MakeDirty(kBert, 1000, 2);
  const auto dirty = Must(owner_.TakeDirty(1, Lane::kLive));
  ASSERT_EQ(dirty.size(), 1u);
  EXPECT_EQ(dirty[0].contact, ContactId::OfEmail(kBert));
  EXPECT_FALSE(dirty[0].known);
}

TEST_F(DeliveryTest, Settle_SameVersion_IsCleanAndKnown) {
  MakeDirty(kAnna);
  const auto dirty = Must(owner_.TakeDirty(10, Lane::kLive));
  ASSERT_EQ(dirty.size(), 1u);
  EXPECT_EQ(dirty[0].desired.email(), kAnna);
  EXPECT_EQ(dirty[0].desired.list_ids(0), 22);
  Must(owner_.Settle({{dirty[0].contact, dirty[0].version, "hash-1"}}));
  EXPECT_FALSE(IsDirty(kAnna));
  EXPECT_EQ(Number({"HGET", keys_.Counters(), kCounterContacts}), 1);
  MakeDirty(kAnna, 2000);
  const auto again = Must(owner_.TakeDirty(10, Lane::kLive));
  ASSERT_EQ(again.size(), 1u);
  EXPECT_TRUE(again[0].known);
  EXPECT_EQ(again[0].written_hash, "hash-1");
  EXPECT_FALSE(again[0].forget_written);
  Must(owner_.Settle({{again[0].contact, again[0].version, "", false}}));
  EXPECT_EQ(Redis({"HGET", keys_.Contact(again[0].contact), "w"}).String(), "hash-1") << "nothing was sent";
  EXPECT_EQ(Number({"HGET", keys_.Counters(), kCounterContacts}), 1);
}

TEST_F(DeliveryTest, Settle_NewerVersionCameMeanwhile_StaysDirty) {
  MakeDirty(kAnna);
  const auto dirty = Must(owner_.TakeDirty(10, Lane::kLive));
  MakeDirty(kAnna, 2000);
  Must(owner_.Settle({{dirty[0].contact, dirty[0].version, "h1"}}));
  EXPECT_TRUE(IsDirty(kAnna));
  const auto again = Must(owner_.TakeDirty(10, Lane::kLive));
  ASSERT_EQ(again.size(), 1u);
  EXPECT_GT(again[0].version, dirty[0].version);
  EXPECT_TRUE(again[0].known);
}

TEST_F(DeliveryTest, Settle_ContactErasedMeanwhile_LeavesNothing) {
  MakeDirty(kAnna);
  const auto dirty = Must(owner_.TakeDirty(10, Lane::kLive));
  Redis({"DEL", keys_.Contact(dirty[0].contact)});
  Must(owner_.Settle({{dirty[0].contact, dirty[0].version, "h1"}}));
  EXPECT_EQ(Number({"EXISTS", keys_.Contact(dirty[0].contact)}), 0);
  EXPECT_FALSE(IsDirty(kAnna));
}

TEST_F(DeliveryTest, Abandon_ItsVersion_IsADeadLetterOnce) {
  MakeDirty(kAnna);
  jira::v1::DeadLetterRecord letter;
  letter.set_kind("contact");
  letter.set_reason(jira::v1::BREVO_REQUEST_INVALID);
  Must(owner_.Abandon(ContactId::OfEmail(kAnna), 7, letter));
  EXPECT_TRUE(IsDirty(kAnna)) << "another version than the stored one";
  Must(owner_.Abandon(ContactId::OfEmail(kAnna), 1, letter));
  Must(owner_.Abandon(ContactId::OfEmail(kAnna), 1, letter));
  EXPECT_FALSE(IsDirty(kAnna));
  EXPECT_EQ(Number({"XLEN", keys_.Dead()}), 1);
}

TEST_F(DeliveryTest, TakeOver_InFlightContacts_AreWrittenAgainWhateverTheirHash) {
  MakeDirty(kAnna);
  MakeDirty(kBert, 1000, 2);
  Must(owner_.TakeDirty(1, Lane::kLive));
  OwnerStore second = Owner("worker-2/bbbb");
  EXPECT_EQ(Must(second.ReclaimInFlight()), 1);
  int forced = 0;
  for (const ContactToWrite& contact : Must(second.TakeDirty(10, Lane::kLive))) {
    forced += contact.forget_written ? 1 : 0;
    Must(second.Settle({{contact.contact, contact.version, "h"}}));
    EXPECT_TRUE(Redis({"HGET", keys_.Contact(contact.contact), "f"}).IsNil());
  }
  EXPECT_EQ(forced, 1);
  EXPECT_EQ(Must(second.ReclaimInFlight()), 0);
}

// As for an import: more than one script takes, settles or reclaims at a time, many of them dirty since the same
// moment.
TEST_F(DeliveryTest, ThousandsOfContacts_InRounds_AreEachTakenOnceAndAllSettled) {
  constexpr int kContacts = 1'300;
  const auto make_dirty = [this](OwnerStore& owner, int64_t version_ms) {
    for (int id = 1; id <= kContacts;) {
      std::vector<IssueWrite> page;
      for (; page.size() < 650; ++id) page.push_back(Ticket(id, "c" + std::to_string(id) + "@example.com", version_ms));
      Must(owner.Apply(Of(std::move(page))));
    }
  };
  make_dirty(owner_, 1000);
  const auto take_all = [this](OwnerStore& owner) {
    std::vector<ContactToWrite> all;
    std::string from;
    for (std::size_t before = 1; all.size() != before;) {
      before = all.size();
      for (ContactToWrite& contact : Must(owner.TakeDirty(200, Lane::kLive, &from))) all.push_back(std::move(contact));
    }
    return all;
  };
  EXPECT_EQ(take_all(owner_).size(), static_cast<std::size_t>(kContacts));
  OwnerStore second = Owner("worker-2/bbbb");
  EXPECT_EQ(Must(second.ReclaimInFlight()), kContacts);
  std::set<ContactId> seen;
  std::vector<OwnerStore::Settled> settled;
  for (const ContactToWrite& contact : take_all(second)) {
    EXPECT_TRUE(seen.insert(contact.contact).second);
    settled.push_back({contact.contact, contact.version, "h"});
  }
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(kContacts));
  Must(second.Settle(std::move(settled)));
  EXPECT_EQ(Number({"ZCARD", keys_.Dirty()}), 0);
  EXPECT_EQ(Must(second.ReclaimInFlight()), 0);
  make_dirty(second, 2000);
  EXPECT_EQ(take_all(second).size(), static_cast<std::size_t>(kContacts)) << "also those that Brevo knows";
}

TEST_F(DeliveryTest, Dirty_InARound_PassesNobodyOver) {
  MakeDirty(kAnna);
  auto dirty = Must(owner_.TakeDirty(1, Lane::kLive));
  Must(owner_.Settle({{dirty[0].contact, dirty[0].version, "h1"}}));
  MakeDirty(kAnna, 2000);  // known: otherwise behind the other
  clock_.Advance(std::chrono::seconds(1));
  MakeDirty(kBert, 1000, 2);
  std::string from;
  for (const char* email : {kAnna, kBert}) {
    dirty = Must(owner_.TakeDirty(1, Lane::kLive, &from));
    ASSERT_EQ(dirty.size(), 1u);
    EXPECT_EQ(dirty[0].contact, ContactId::OfEmail(email));
  }
  EXPECT_TRUE(Must(owner_.TakeDirty(1, Lane::kLive, &from)).empty());
}

TEST_F(DeliveryTest, Outbox_Entry_TellsWhatDeliveryNeeds) {
  MakeDirty(kAnna);
  Queue({TimelineEvent("u1", kAnna, kNowMs), TimelineEvent("u2", kBert, kNowMs)});
  auto entries = Must(owner_.PeekOutbox(10, ""));
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].event.name(), "jira_issue_created");
  EXPECT_EQ(entries[0].ledger, 'q');
  EXPECT_EQ(entries[0].email, kAnna);
  EXPECT_FALSE(entries[0].contact_known);
  EXPECT_EQ(entries[1].email, "");
  Must(owner_.Settle({{ContactId::OfEmail(kAnna), 1, "h"}}));
  EXPECT_TRUE(Must(owner_.PeekOutbox(1, ""))[0].contact_known);
  const auto after = Must(owner_.PeekOutbox(10, entries[0].entry_id));
  ASSERT_EQ(after.size(), 1u);
  EXPECT_EQ(after[0].entry_id, entries[1].entry_id);
}

TEST_F(DeliveryTest, Outbox_SendingUnderAnEarlierOwner_IsSeenAsAmbiguous) {
  Queue({TimelineEvent("u1", kAnna, kNowMs)});
  auto entries = Must(owner_.PeekOutbox(10, ""));
  Must(owner_.MarkSending(entries));
  OwnerStore second = Owner("worker-2/bbbb");
  auto seen = Must(second.PeekOutbox(10, ""));
  EXPECT_EQ(seen[0].ledger, 's');
  EXPECT_EQ(seen[0].sending_since_ms, kNowMs);
  Must(second.MarkQueued(seen));
  seen = Must(second.PeekOutbox(10, ""));
  EXPECT_EQ(seen[0].ledger, 'q');
  EXPECT_EQ(seen[0].sending_since_ms, 0);
  Must(second.MarkHeld(seen));
  EXPECT_EQ(Must(second.PeekOutbox(10, ""))[0].ledger, 'h');
}

TEST_F(DeliveryTest, Outbox_Sent_IsGoneAndNeverTurnsBack) {
  Queue({TimelineEvent("u1", kAnna, kNowMs)});
  const auto entries = Must(owner_.PeekOutbox(10, ""));
  Must(owner_.MarkSending(entries));
  Must(owner_.MarkSent(entries));
  Must(owner_.MarkSent(entries));
  Must(owner_.MarkQueued(entries));
  EXPECT_TRUE(Must(owner_.PeekOutbox(10, "")).empty());
  EXPECT_EQ(Number({"HLEN", keys_.Of("sending")}), 0);
  Application again;
  again.outbox = {TimelineEvent("u1", kAnna, kNowMs)};
  EXPECT_EQ(Must(owner_.Apply(again)).events_known, 1);
}

TEST_F(DeliveryTest, Outbox_Dead_IsALetterOnce) {
  Queue({TimelineEvent("u1", kAnna, kNowMs)});
  const auto entries = Must(owner_.PeekOutbox(10, ""));
  jira::v1::DeadLetterRecord letter;
  letter.set_kind("timeline");
  letter.set_payload(entries[0].event.SerializeAsString());
  letter.set_reason(jira::v1::EVENT_TOO_LARGE);
  Must(owner_.MarkDead(entries[0], letter));
  Must(owner_.MarkDead(entries[0], letter));
  EXPECT_EQ(Number({"XLEN", keys_.Dead()}), 1);
  EXPECT_EQ(Number({"XLEN", keys_.Outbox()}), 0);
}

TEST_F(DeliveryTest, Users_Put_AreKnownForAWeek) {
  jira::v1::User user;
  user.set_account_id("5b10ac8d82e05b22cc7d4ef5");
  user.set_email(kAnna);
  Must(owner_.PutUsers({user}));
  auto users = Must(owner_.Users({"5b10ac8d82e05b22cc7d4ef5", "unknown"}));
  ASSERT_EQ(users.size(), 1u);
  EXPECT_EQ(users.begin()->second.email(), kAnna);
  clock_.Advance(std::chrono::hours(24 * 8));
  EXPECT_TRUE(Must(owner_.Users({"5b10ac8d82e05b22cc7d4ef5"})).empty());
  Must(owner_.Upkeep({}));
  EXPECT_EQ(Number({"HLEN", keys_.Users()}), 0);
}

TEST_F(DeliveryTest, Upkeep_OldTombstones_AreForgotten) {
  Must(owner_.Apply(Of({Ticket(1, kAnna, 1000), Ticket(2, kAnna, 1000), Ticket(12'345, kAnna, 10)})));
  Must(owner_.Apply(Of({Deletion(1, 2000), Deletion(12'345, 2000)})));
  EXPECT_FALSE(Must(owner_.Upkeep({})));
  EXPECT_TRUE(Must(owner_.Issues({1}))[0]);
  clock_.Advance(std::chrono::hours(24 * 7 + 1));
  Must(owner_.Upkeep({}));
  const auto left = Must(owner_.Issues({1, 2, 12'345}));
  EXPECT_FALSE(left[0]);
  EXPECT_TRUE(left[1]);
  EXPECT_FALSE(left[2]);
  EXPECT_EQ(Number({"SCARD", keys_.Of("buckets")}), 1);
}

TEST_F(DeliveryTest, ScanIssues_AllPages_BringsEachRecord) {
  std::vector<IssueWrite> writes;
  for (int64_t id = 1; id <= 5000; ++id) writes.push_back(Ticket(id * 3, kAnna, id));
  Must(owner_.Apply(Of(writes)));
  std::map<int64_t, int64_t> seen;
  std::string cursor = "0";
  do {
    const OwnerStore::IssuePage page = Must(owner_.ScanIssues(cursor));
    for (const auto& [id, record] : page.issues) seen[id] = record.version_ms;
    cursor = page.cursor;
  } while (cursor != "0");
  EXPECT_EQ(seen.size(), 5000u);
  EXPECT_EQ(seen[15'000], 5000);
}

}  // namespace
}  // namespace tajo::store
