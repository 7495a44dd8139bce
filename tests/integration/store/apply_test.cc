#include <algorithm>

#include "common/store/overview.h"
#include "tajo/jira/v1/error.pb.h"
#include "tests/integration/store/store_fixture.h"

namespace tajo::store {
namespace {

class ApplyTest : public StoreTest {
 protected:
  OwnerStore owner_ = Owner();

  Applied Apply(Application application) { return Must(owner_.Apply(std::move(application))); }
  std::optional<IssueRecord> Issue(int64_t id) {
    const std::vector<int64_t> ids = {id};
    return Must(owner_.Issues(ids)).front();
  }
  std::string LastKey(const std::string& email) {
    const auto desired = Must(owner_.Desired(ContactId::OfEmail(email)));
    return desired ? KeyOf(*desired) : "none";
  }
  int64_t Counter(const char* name) { return Number({"HGET", keys_.Counters(), name}); }
  int64_t Version(const std::string& email) { return Number({"HGET", keys_.Contact(ContactId::OfEmail(email)), "v"}); }
  int64_t ListCount(const std::string& email, int list) {
    return Number({"HGET", keys_.Contact(ContactId::OfEmail(email)), "L" + std::to_string(list)});
  }
  bool IsDirty(const std::string& email) {
    return !Redis({"ZSCORE", keys_.Dirty(), ContactId::OfEmail(email).Bytes()}).IsNil();
  }
  std::string AddEvent(const std::string& payload = "") {
    return Redis({"XADD", keys_.Events(), "*", "e", payload}).String();
  }
};

TEST_F(ApplyTest, Issue_FirstSeen_IsRecordedAndItsContactBecomesDirty) {
  IssueWrite write = Ticket(10'001, kAnna, 1000, 22);
  write.record.project_id = 10'000;
  write.record.assignee_hash = AssigneeHash("5b10ac8d82e05b22cc7d4ef5");
  const Applied applied = Apply(Of({write}));
  EXPECT_EQ(applied.issues_written, 1);
  EXPECT_TRUE(applied.stale_contacts.empty());
  const auto record = Issue(10'001);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->Pack(), write.record.Pack());
  EXPECT_EQ(LastKey(kAnna), "\"SUP-10001\"");
  EXPECT_TRUE(IsDirty(kAnna));
  EXPECT_EQ(Counter(kCounterIssues), 1);
  EXPECT_EQ(ListCount(kAnna, 22), 1);
}

TEST_F(ApplyTest, Issues_ManyWithBytesOfAnyValue_SurviveThePlan) {
  std::vector<IssueWrite> writes;
  for (int64_t id = 1; id <= 300; ++id) {
    IssueWrite write = Ticket(id * 7919, "person" + std::to_string(id) + "@example.com", 0x00ff'80fe'0001 + id * 251);
    for (std::size_t i = 0; i < 16; ++i) write.record.contact.bytes[i] = static_cast<uint8_t>(id * 13 + i * 17);
    std::string all;
    for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
    write.desired.set_account_id(all.substr(1, 127));
    writes.push_back(write);
  }
  EXPECT_EQ(Apply(Of(writes)).issues_written, 300);
  for (const IssueWrite& write : writes) {
    const auto record = Issue(write.issue_id);
    ASSERT_TRUE(record) << write.issue_id;
    EXPECT_EQ(record->Pack(), write.record.Pack());
    const auto desired = Must(owner_.Desired(write.record.contact));
    ASSERT_TRUE(desired);
    EXPECT_EQ(desired->account_id(), write.desired.account_id());
  }
}

TEST_F(ApplyTest, Issue_OlderVersion_DoesntTurnItBack) {
  Apply(Of({Ticket(1, kAnna, 2000)}));
  IssueWrite late = Ticket(1, kBert, 1999);
  late.record.verified_until_ms = 5000;
  const Applied applied = Apply(Of({late}));
  EXPECT_EQ(applied.issues_stale, 1);
  EXPECT_EQ(applied.issues_written, 0);
  const auto record = Issue(1);
  EXPECT_EQ(record->version_ms, 2000);
  EXPECT_EQ(record->contact, ContactId::OfEmail(kAnna));
  EXPECT_EQ(record->verified_until_ms, 5000) << "what was verified stays verified";
  EXPECT_EQ(LastKey(kBert), "none");
}

TEST_F(ApplyTest, Issue_NewerVersionWithLowerVerification_KeepsTheHigher) {
  IssueWrite first = Ticket(1, kAnna, 2000);
  first.record.verified_until_ms = 1900;
  Apply(Of({first}));
  Apply(Of({Ticket(1, kAnna, 3000)}));
  EXPECT_EQ(Issue(1)->version_ms, 3000);
  EXPECT_EQ(Issue(1)->verified_until_ms, 1900);
}

TEST_F(ApplyTest, Issue_SameVersionAgain_IsWrittenButMakesNothingDirty) {
  Apply(Of({Ticket(1, kAnna, 2000, 22)}));
  Must(owner_.Settle({{ContactId::OfEmail(kAnna), Version(kAnna), "h1"}}));
  ASSERT_FALSE(IsDirty(kAnna));
  const int64_t version = Version(kAnna);
  EXPECT_EQ(Apply(Of({Ticket(1, kAnna, 2000, 22)})).issues_written, 1);
  EXPECT_FALSE(IsDirty(kAnna));
  EXPECT_EQ(Version(kAnna), version);
  EXPECT_EQ(ListCount(kAnna, 22), 1);
  EXPECT_EQ(Counter(kCounterIssues), 1);
}

TEST_F(ApplyTest, Tombstone_LateUpdate_StaysDeleted) {
  Apply(Of({Ticket(1, kAnna, 2000)}));
  Apply(Of({Deletion(1, 2500)}));
  EXPECT_EQ(Counter(kCounterIssues), 0);
  EXPECT_EQ(Apply(Of({Ticket(1, kAnna, 9000)})).issues_stale, 1);
  EXPECT_TRUE(Issue(1)->deleted);
  EXPECT_EQ(Counter(kCounterIssues), 0);
  EXPECT_EQ(Apply(Of({Deletion(1, 2500)})).issues_written, 1) << "repeatable";
  EXPECT_EQ(Counter(kCounterIssues), 0);
}

TEST_F(ApplyTest, Tombstone_OfAnOlderVersion_WinsAllTheSame) {
  Apply(Of({Ticket(1, kAnna, 2000)}));
  EXPECT_EQ(Apply(Of({Deletion(1, 1500)})).issues_written, 1);
  EXPECT_TRUE(Issue(1)->deleted);
  EXPECT_EQ(Issue(1)->version_ms, 2000);
}

TEST_F(ApplyTest, Tombstone_OfAnUnknownIssue_KeepsALateUpdateOut) {
  Apply(Of({Deletion(1, 2500)}));
  EXPECT_EQ(Apply(Of({Ticket(1, kAnna, 2000)})).issues_stale, 1);
  EXPECT_EQ(Counter(kCounterIssues), 0);
  EXPECT_EQ(LastKey(kAnna), "none");
}

TEST_F(ApplyTest, Ticket_MovedToAnotherCustomer_LeavesTheFirstWithTheNextTicket) {
  Apply(Of({Ticket(1, kAnna, 1000, 22), Ticket(2, kAnna, 2000, 22)}));
  const Applied applied = Apply(Of({Ticket(2, kBert, 3000, 22)}));
  EXPECT_EQ(LastKey(kBert), "\"SUP-2\"");
  ASSERT_EQ(applied.stale_contacts.size(), 1u);
  EXPECT_EQ(applied.stale_contacts[0].contact, ContactId::OfEmail(kAnna));
  EXPECT_EQ(applied.stale_contacts[0].issue_id, 1);
  EXPECT_EQ(ListCount(kAnna, 22), 1);
  EXPECT_EQ(ListCount(kBert, 22), 1);
  EXPECT_EQ(Must(owner_.StaleContacts(10)).size(), 1u) << "kept until it is settled";
  Apply(Of({Ticket(1, kAnna, 1000, 22)}));
  EXPECT_EQ(LastKey(kAnna), "\"SUP-1\"");
  EXPECT_TRUE(Must(owner_.StaleContacts(10)).empty());
}

TEST_F(ApplyTest, Tickets_OfEqualRank_TheHigherIdIsLast) {
  Apply(Of({Ticket(300, kAnna, 1000), Ticket(9, kAnna, 1000), Ticket(70'000, kAnna, 1000), Ticket(255, kAnna, 1000)}));
  EXPECT_EQ(LastKey(kAnna), "\"SUP-70000\"");
  Apply(Of({Ticket(65'536, kAnna, 1000)}));
  EXPECT_EQ(LastKey(kAnna), "\"SUP-70000\"");
}

TEST_F(ApplyTest, Ticket_OlderThanTheLast_DoesntBecomeTheLast) {
  Apply(Of({Ticket(2, kAnna, 2000)}));
  const int64_t version = Version(kAnna);
  const Applied applied = Apply(Of({Ticket(1, kAnna, 1000)}));
  EXPECT_EQ(LastKey(kAnna), "\"SUP-2\"");
  EXPECT_TRUE(applied.stale_contacts.empty());
  EXPECT_EQ(Version(kAnna), version);
}

TEST_F(ApplyTest, LastTicket_Deleted_ReportsTheNext) {
  Apply(Of({Ticket(1, kAnna, 1000), Ticket(2, kAnna, 2000)}));
  const Applied applied = Apply(Of({Deletion(2, 2500)}));
  ASSERT_EQ(applied.stale_contacts.size(), 1u);
  EXPECT_EQ(applied.stale_contacts[0].issue_id, 1);
}

TEST_F(ApplyTest, LastTicket_WhenItWasTheOnlyOne_ReportsNone) {
  Apply(Of({Ticket(1, kAnna, 1000, 22)}));
  const Applied applied = Apply(Of({Deletion(1, 2500)}));
  ASSERT_EQ(applied.stale_contacts.size(), 1u);
  EXPECT_EQ(applied.stale_contacts[0].issue_id, 0);
  ContactReset reset{ContactId::OfEmail(kAnna), 0, {}};
  reset.desired.set_email(kAnna);
  Application application;
  application.contacts.push_back(reset);
  Apply(application);
  EXPECT_TRUE(Must(owner_.StaleContacts(10)).empty());
  const auto dirty = Must(owner_.TakeDirty(10, Lane::kLive));
  ASSERT_EQ(dirty.size(), 1u);
  EXPECT_TRUE(dirty[0].desired.attributes().empty());
  EXPECT_EQ(dirty[0].unlink_list_ids, std::vector<int64_t>{22});
}

TEST_F(ApplyTest, Ticket_NoLongerAdmitted_LeavesTheContact) {
  Apply(Of({Ticket(1, kAnna, 1000, 22)}));
  IssueWrite outside = Ticket(1, kAnna, 2000, 22);
  outside.record.admitted = false;
  const Applied applied = Apply(Of({outside}));
  ASSERT_EQ(applied.stale_contacts.size(), 1u);
  EXPECT_EQ(ListCount(kAnna, 22), 0);
  EXPECT_EQ(Counter(kCounterIssues), 1) << "still tracked";
}

TEST_F(ApplyTest, StaleContact_TouchedByAnotherTicket_IsReportedAgain) {
  Apply(Of({Ticket(1, kAnna, 1000), Ticket(2, kAnna, 2000), Ticket(3, kAnna, 500)}));
  Apply(Of({Deletion(2, 2500)}));
  const Applied applied = Apply(Of({Ticket(3, kAnna, 600)}));
  ASSERT_EQ(applied.stale_contacts.size(), 1u);
  EXPECT_EQ(applied.stale_contacts[0].issue_id, 1);
}

TEST_F(ApplyTest, Reset_AfterANewerTicketCame_IsRefused) {
  Apply(Of({Ticket(1, kAnna, 1000)}));
  ContactReset reset{ContactId::OfEmail(kAnna), 0, {}};
  Application application;
  application.contacts.push_back(reset);
  Apply(application);
  EXPECT_EQ(LastKey(kAnna), "\"SUP-1\"");
}

TEST_F(ApplyTest, Reset_OfAContactThatIsntOurs_CreatesNone) {
  ContactReset reset{ContactId::OfEmail(kAnna), 0, {}};
  reset.desired.set_email(kAnna);
  Application application;
  application.contacts.push_back(reset);
  Apply(application);
  EXPECT_FALSE(IsDirty(kAnna));
}

TEST_F(ApplyTest, Lists_TicketsEnterAndLeave_AreCountedAndUnlinkedAtZero) {
  Apply(Of({Ticket(1, kAnna, 1000, 22), Ticket(2, kAnna, 2000, 22), Ticket(3, kAnna, 3000, 23)}));
  EXPECT_EQ(ListCount(kAnna, 22), 2);
  Must(owner_.Settle({{ContactId::OfEmail(kAnna), Version(kAnna), "h1"}}));
  Apply(Of({Ticket(1, kAnna, 1500, 23)}));
  EXPECT_EQ(ListCount(kAnna, 22), 1);
  EXPECT_FALSE(IsDirty(kAnna)) << "no list gained or lost the contact";
  Apply(Of({Ticket(2, kAnna, 2500, 0)}));
  EXPECT_TRUE(IsDirty(kAnna));
  auto dirty = Must(owner_.TakeDirty(10, Lane::kLive));
  ASSERT_EQ(dirty.size(), 1u);
  EXPECT_EQ(std::vector<int64_t>(dirty[0].desired.list_ids().begin(), dirty[0].desired.list_ids().end()),
            std::vector<int64_t>{23});
  EXPECT_EQ(dirty[0].unlink_list_ids, std::vector<int64_t>{22});
  Must(owner_.Settle({{dirty[0].contact, dirty[0].version, "h2"}}));
  EXPECT_TRUE(Redis({"HGET", keys_.Contact(dirty[0].contact), "L22"}).IsNil()) << "unlinked once";
}

TEST_F(ApplyTest, Tickets_WithoutContact_AreCountedUntilOneAppears) {
  Apply(Of({Ticket(1, "", 1000), Ticket(2, "", 1000)}));
  EXPECT_EQ(Counter(kCounterWithoutContact), 2);
  Apply(Of({Ticket(1, kAnna, 1000)}));
  EXPECT_EQ(Counter(kCounterWithoutContact), 1);
  Apply(Of({Deletion(2, 2000)}));
  EXPECT_EQ(Counter(kCounterWithoutContact), 0);
}

TEST_F(ApplyTest, ErasedContact_NewTicketAndEvent_LeaveNoTrace) {
  Redis({"SADD", keys_.Of("erased"), owner_.Erased().Of(ContactId::OfEmail(kAnna))});
  Application application = Of({Ticket(1, kAnna, 1000, 22)});
  application.outbox.push_back(TimelineEvent("u1", kAnna, kNowMs));
  const Applied applied = Apply(application);
  EXPECT_EQ(applied.events_erased, 1);
  EXPECT_EQ(applied.events_queued, 0);
  EXPECT_TRUE(Issue(1)->contact.IsNone());
  EXPECT_EQ(LastKey(kAnna), "none");
  EXPECT_EQ(Number({"EXISTS", keys_.Tickets(ContactId::OfEmail(kAnna))}), 0);
  EXPECT_EQ(Counter(kCounterWithoutContact), 1);
}

TEST_F(ApplyTest, Event_OfAContactThatIsNotOurs_IsDropped) {
  Application application;
  application.outbox = {TimelineEvent("u1", kAnna, kNowMs)};
  EXPECT_EQ(Apply(application).events_of_nobody, 1);
  EXPECT_EQ(Number({"XLEN", keys_.Outbox()}), 0);
  application.issues = {Ticket(1, kAnna, 1000)};
  EXPECT_EQ(Apply(application).events_queued, 1) << "with its first ticket it is, and nothing was remembered";
}

TEST_F(ApplyTest, Ticket_ThatCameAndWentInOnePlan_LeavesNothingOfItsContact) {
  IssueWrite outside = Ticket(1, kAnna, 2000, 22);
  outside.record.admitted = false;
  Application application = Of({Ticket(1, kAnna, 1000, 22), outside});
  application.outbox.push_back(TimelineEvent("u1", kAnna, kNowMs));
  const Applied applied = Apply(application);
  EXPECT_EQ(applied.events_of_nobody, 1) << "it would wait for ever: nobody writes the contact to Brevo";
  EXPECT_EQ(applied.events_queued, 0);
  EXPECT_FALSE(IsDirty(kAnna));
  EXPECT_EQ(Number({"EXISTS", keys_.Contact(ContactId::OfEmail(kAnna))}), 0);
}

TEST_F(ApplyTest, Event_SameUid_IsQueuedOnce) {
  HasContact(ContactId::OfEmail(kAnna));
  Application application;
  application.outbox = {TimelineEvent("u1", kAnna, kNowMs), TimelineEvent("u1", kAnna, kNowMs)};
  const Applied applied = Apply(application);
  EXPECT_EQ(applied.events_queued, 1);
  EXPECT_EQ(applied.events_known, 1);
  EXPECT_EQ(Apply(application).events_known, 2);
  EXPECT_EQ(Number({"XLEN", keys_.Outbox()}), 1);
}

TEST_F(ApplyTest, Event_SameUidAcrossMidnight_IsQueuedOnce) {
  HasContact(ContactId::OfEmail(kAnna));
  const int64_t midnight_ms = kNowMs - kNowMs % 86'400'000;
  Application before;
  before.outbox = {TimelineEvent("u1", kAnna, midnight_ms - 3), TimelineEvent("u2", kAnna, midnight_ms + 2)};
  Apply(before);
  Application after;
  after.outbox = {TimelineEvent("u1", kAnna, midnight_ms + 4), TimelineEvent("u2", kAnna, midnight_ms - 1)};
  const Applied applied = Apply(after);
  EXPECT_EQ(applied.events_known, 2);
  EXPECT_EQ(applied.events_queued, 0);
}

TEST_F(ApplyTest, Event_OlderThanTheLedger_IsDropped) {
  Application application;
  application.outbox = {TimelineEvent("u1", kAnna, kNowMs - int64_t{31} * 86'400'000)};
  const Applied applied = Apply(application);
  EXPECT_EQ(applied.events_too_old, 1);
  EXPECT_EQ(Number({"XLEN", keys_.Outbox()}), 0);
}

TEST_F(ApplyTest, Ledger_OfADay_ExpiresWhenItsEventsAreTooOld) {
  HasContact(ContactId::OfEmail(kAnna));
  Application application;
  application.outbox = {TimelineEvent("u1", kAnna, kNowMs)};
  Apply(application);
  const int64_t ttl = Number({"TTL", keys_.Of("sent:20260921:75")});
  EXPECT_GT(ttl, 31 * 86'400);
  EXPECT_LE(ttl, 33 * 86'400);
}

TEST_F(ApplyTest, Call_Repeated_ChangesNothingMore) {
  Application application = Of({Ticket(1, kAnna, 1000, 22)});
  application.acknowledged = {AddEvent(), AddEvent()};
  application.outbox = {TimelineEvent("u1", kAnna, kNowMs)};
  application.counters[kCounterMissedWebhooks] = 3;
  application.dead_letters.emplace_back();
  EXPECT_EQ(Apply(application).entries_gone, 0);
  const Applied again = Apply(application);
  EXPECT_EQ(again.entries_gone, 2);
  EXPECT_EQ(again.issues_written, 0);
  EXPECT_EQ(Counter(kCounterMissedWebhooks), 3);
  EXPECT_EQ(Number({"XLEN", keys_.Dead()}), 1);
  EXPECT_EQ(Number({"XLEN", keys_.Events()}), 0);
}

TEST_F(ApplyTest, Call_SomeEntriesGone_AppliesTheRest) {
  Application application = Of({Ticket(1, kAnna, 1000)});
  application.acknowledged = {"1-1", AddEvent()};
  const Applied applied = Apply(application);
  EXPECT_EQ(applied.entries_gone, 1);
  EXPECT_EQ(applied.issues_written, 1);
}

TEST_F(ApplyTest, Page_WithoutEntriesRepeated_ChangesNothingMore) {
  const Application page = Of({Ticket(1, kAnna, 1000, 22), Ticket(2, kAnna, 2000, 23), Ticket(3, "", 10)});
  Apply(page);
  const int64_t version = Version(kAnna);
  Apply(page);
  EXPECT_EQ(Version(kAnna), version);
  EXPECT_EQ(Counter(kCounterIssues), 3);
  EXPECT_EQ(Counter(kCounterWithoutContact), 1);
  EXPECT_EQ(ListCount(kAnna, 22), 1);
}

TEST_F(ApplyTest, CursorsAndJob_AreWrittenWithTheRest) {
  Redis({"HSET", keys_.Job("s_1"), "state", "running"});
  Application application;
  application.cursors["incremental_ms"] = "1790000000000";
  application.job = JobProgress{"s_1", {{"checkpoint", "{\"page\":2}"}, {"issues_read", "100"}}};
  EXPECT_FALSE(Apply(application).job_cancelled);
  EXPECT_EQ(Must(owner_.Cursors())["incremental_ms"], "1790000000000");
  EXPECT_EQ(Redis({"HGET", keys_.Job("s_1"), "checkpoint"}).String(), "{\"page\":2}");
}

TEST_F(ApplyTest, Job_CancelledMeanwhile_IsToldAndNotTouched) {
  Redis({"HSET", keys_.Job("s_1"), "state", "running", "cancel", "1"});
  Application application;
  application.job = JobProgress{"s_1", {{"checkpoint", "x"}}};
  EXPECT_TRUE(Apply(application).job_cancelled);
  EXPECT_TRUE(Redis({"HGET", keys_.Job("s_1"), "checkpoint"}).IsNil());
}

TEST_F(ApplyTest, BackfillLane_DirtyAfterLiveOnes_UntilALiveChangeComes) {
  Application page = Of({Ticket(1, kAnna, 1000)});
  page.lane = Lane::kBackfill;
  Apply(page);
  Apply(Of({Ticket(2, kBert, 1000)}));
  EXPECT_EQ(Must(owner_.TakeDirty(10, Lane::kLive)).size(), 1u);
  EXPECT_EQ(Must(owner_.TakeDirty(10, Lane::kBackfill)).size(), 1u);
  Must(owner_.PutBack({ContactId::OfEmail(kAnna), ContactId::OfEmail(kBert)}));
  Apply(Of({Ticket(1, kAnna, 2000)}));
  EXPECT_EQ(Must(owner_.TakeDirty(10, Lane::kLive)).size(), 2u);
  EXPECT_TRUE(Must(owner_.TakeDirty(10, Lane::kBackfill)).empty());
}

TEST_F(ApplyTest, Lease_Lost_RefusesEverything) {
  Apply(Of({Ticket(1, kAnna, 1000)}));
  const std::string entry = AddEvent();
  Redis({"SET", keys_.Lease(), "worker-2/bbbb"});
  const auto lost = [](const absl::Status& status) { return base::ReasonOf(status) == jira::v1::LEASE_LOST; };
  Application application = Of({Ticket(1, kBert, 2000)});
  application.acknowledged = {entry};
  OutboxEntry out;
  out.entry_id = "1-1";
  EXPECT_TRUE(lost(Run(owner_.Apply(application)).status()));
  EXPECT_TRUE(lost(Run(owner_.Take(1)).status()));
  EXPECT_TRUE(lost(Run(owner_.TakeDirty(1, Lane::kLive)).status()));
  EXPECT_TRUE(lost(Run(owner_.PutBack({ContactId::OfEmail(kAnna)}))));
  EXPECT_TRUE(lost(Run(owner_.Settle({{ContactId::OfEmail(kAnna), 1, "h"}}))));
  EXPECT_TRUE(lost(Run(owner_.Abandon(ContactId::OfEmail(kAnna), 1, {}))));
  EXPECT_TRUE(lost(Run(owner_.ReclaimInFlight()).status()));
  EXPECT_TRUE(lost(Run(owner_.MarkSending({out}))));
  EXPECT_TRUE(lost(Run(owner_.MarkQueued({out}))));
  EXPECT_TRUE(lost(Run(owner_.MarkHeld({out}))));
  EXPECT_TRUE(lost(Run(owner_.MarkSent({out}))));
  EXPECT_TRUE(lost(Run(owner_.MarkDead(out, {}))));
  EXPECT_TRUE(lost(Run(owner_.PutUsers({jira::v1::User()}))));
  EXPECT_TRUE(lost(Run(owner_.Upkeep({})).status()));
  EXPECT_EQ(Issue(1)->contact, ContactId::OfEmail(kAnna));
  EXPECT_EQ(Number({"XLEN", keys_.Events()}), 1);
}

}  // namespace
}  // namespace tajo::store
