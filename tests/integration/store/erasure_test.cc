#include "common/store/erasure.h"

#include "common/store/overview.h"
#include "common/store/people.h"
#include "common/store/quarantine.h"
#include "tajo/jira/v1/error.pb.h"
#include "tests/integration/store/store_fixture.h"

namespace tajo::store {
namespace {

class ErasureTest : public StoreTest {
 protected:
  ErasureTest() { Redis({"SET", keys_.Lease(), "worker-1/aaaa"}); }

  OwnerStore owner_{*redis_, clock_, "c_1", LeaseToken{"worker-1/aaaa"}, 30, base::Secret("erasure key")};
  People people_{*redis_, owner_};
  const ContactId anna_ = ContactId::OfEmail(kAnna);

  Erased EraseAnna(int64_t undo_since_ms = 0, const std::string& account = "") {
    const std::vector<Erased> erased =
        Must(Erase(*redis_, "c_1", owner_.Erased(), {{anna_, account, undo_since_ms}}, kNowMs));
    return erased.at(0);
  }
  DeadLetterWrite Letter(const std::string& kind, std::string payload) {
    DeadLetterWrite letter;
    letter.record.set_kind(kind);
    letter.record.set_payload(std::move(payload));
    return letter;
  }
  static jira::v1::User User(const std::string& account, const std::string& email) {
    jira::v1::User user;
    user.set_account_id(account);
    user.set_email(email);
    return user;
  }
  bool HasState(const ContactId& contact) { return Number({"EXISTS", keys_.Contact(contact)}) == 1; }
};

TEST_F(ErasureTest, Letter_OfSomebodyErasedMeanwhile_IsNotWritten) {
  EraseAnna();
  jira::v1::Event event;
  event.mutable_issue()->mutable_issue()->mutable_reporter()->set_email(kAnna);
  jira::v1::Event by_field;
  (*by_field.mutable_issue()->mutable_issue()->mutable_fields())["customfield_10050"] =
      R"([{"accountId":"x","emailAddress":"ANNA@example.com"}])";
  Application application;
  application.dead_letters = {Letter("event", event.SerializeAsString()), Letter("event", by_field.SerializeAsString()),
                              Letter("timeline", TimelineEvent("u1", kAnna, kNowMs).SerializeAsString()),
                              Letter("timeline", TimelineEvent("u2", kBert, kNowMs).SerializeAsString())};
  Must(owner_.Apply(application));
  EXPECT_EQ(Must(ReadOverview(*redis_, "c_1")).dead_letters, 1);
}

TEST_F(ErasureTest, Person_Erased_IsNowhereAndOthersStay) {
  Application application = Of({Ticket(1, kAnna, 1000, 22), Ticket(12'345, kAnna, 2000, 22), Ticket(3, kBert, 1000)});
  application.outbox = {TimelineEvent("u1", kAnna, kNowMs), TimelineEvent("u2", kBert, kNowMs)};
  jira::v1::DesiredContact desired;
  desired.set_email(kAnna);
  jira::v1::Event event;
  event.mutable_issue()->mutable_issue()->mutable_reporter()->set_email("Anna@Example.com");
  application.dead_letters = {Letter("contact", desired.SerializeAsString()),
                              Letter("event", event.SerializeAsString()),
                              Letter("timeline", TimelineEvent("u3", kAnna, kNowMs).SerializeAsString()),
                              Letter("timeline", TimelineEvent("u4", kBert, kNowMs).SerializeAsString())};
  Must(owner_.Apply(application));
  Must(owner_.Settle({{anna_, 1, "h"}}));
  Must(owner_.PutUsers({User("a", kAnna), User("b", kBert)}));
  Must(AddQuarantine(*redis_, clock_, "c_1", "sealed", jira::v1::WEBHOOK_UNREADABLE));

  const Erased erased = EraseAnna();
  EXPECT_TRUE(erased.found);
  EXPECT_TRUE(erased.has_events);
  EXPECT_TRUE(erased.delete_in_brevo);

  const ConnectionOverview overview = Must(ReadOverview(*redis_, "c_1"));
  EXPECT_EQ(overview.issues_tracked, 3);
  EXPECT_EQ(overview.tickets_without_contact, 2);
  EXPECT_EQ(overview.contacts_known, 0);
  EXPECT_EQ(overview.outbox, 1);
  EXPECT_EQ(overview.dead_letters, 1);
  EXPECT_EQ(overview.quarantined, 0);
  EXPECT_EQ(overview.dirty, 1);
  EXPECT_TRUE(Must(owner_.Issues({12'345}))[0]->contact.IsNone());
  EXPECT_EQ(Must(owner_.Users({"a", "b"})).size(), 1u);
  EXPECT_EQ(Number({"EXISTS", keys_.Contact(anna_), keys_.Tickets(anna_)}), 0);

  Application later = Of({Ticket(1, kAnna, 3000, 22)});
  later.outbox = {TimelineEvent("u9", kAnna, kNowMs)};
  EXPECT_EQ(Must(owner_.Apply(later)).events_erased, 1);
  EXPECT_FALSE(HasState(anna_));
  EXPECT_EQ(Must(ReadOverview(*redis_, "c_1")).tickets_without_contact, 2);
  Must(owner_.PutUsers({User("a", kAnna)}));
  EXPECT_TRUE(Must(owner_.Users({"a"})).empty());
}

// They may wait for weeks where Jira refuses us.
TEST_F(ErasureTest, ChangesThatWait_KeepTheirTicketsButNotThePerson) {
  const auto add = [this](const jira::v1::Event& event) {
    Redis({"XADD", keys_.Events(), "*", "e", event.SerializeAsString()});
  };
  jira::v1::Event of_anna;
  of_anna.mutable_issue()->mutable_issue()->set_id(7);
  of_anna.mutable_issue()->mutable_issue()->set_summary("Anna's summary");
  of_anna.mutable_issue()->mutable_issue()->mutable_reporter()->set_email(kAnna);
  jira::v1::Event deleted = of_anna;
  deleted.mutable_issue()->set_kind(jira::v1::DELETED);
  jira::v1::Event of_bert;
  of_bert.mutable_issue()->mutable_issue()->set_id(8);
  of_bert.mutable_issue()->mutable_issue()->mutable_reporter()->set_email(kBert);
  jira::v1::Event user;
  *user.mutable_user()->mutable_user() = User("a", kAnna);
  for (const jira::v1::Event& event : {of_anna, deleted, of_bert, user}) add(event);

  EXPECT_TRUE(EraseAnna().found);
  const std::vector<TakenEvent> left = Must(owner_.Take(10));
  ASSERT_EQ(left.size(), 3u);
  EXPECT_EQ(left[0].event.issue().issue().reporter().email(), kBert);
  EXPECT_EQ(left[1].event.hint().issue_id(), 7);
  EXPECT_EQ(left[2].event.issue().kind(), jira::v1::DELETED);
  EXPECT_EQ(left[2].event.issue().issue().id(), 7);
  for (const TakenEvent& entry : left) EXPECT_EQ(entry.event.SerializeAsString().find("nna"), std::string::npos);
}

TEST_F(ErasureTest, Person_Unknown_StaysErasedAllTheSame) {
  EXPECT_FALSE(EraseAnna().found);
  EXPECT_TRUE(EraseAnna().found);
  Must(owner_.Apply(Of({Ticket(1, kAnna, 3000)})));
  EXPECT_FALSE(Must(owner_.Desired(anna_)));
}

TEST_F(ErasureTest, Tombstone_TellsNobodyWithoutTheKey) {
  EraseAnna();
  EXPECT_EQ(Number({"SISMEMBER", keys_.Erased(), anna_.Bytes()}), 0);
  EXPECT_EQ(Number({"SISMEMBER", keys_.Erased(), owner_.Erased().Of(anna_)}), 1);
  EXPECT_NE(Tombstones(base::Secret("another key")).Of(anna_), owner_.Erased().Of(anna_));
}

// The account under which the ticket's person is known goes with the e-mail.
TEST_F(ErasureTest, SamePersonUnderAnotherEmail_StaysErased) {
  IssueWrite ticket = Ticket(1, kAnna, 1000);
  ticket.desired.set_account_id("acc-anna");
  Must(owner_.Apply(Of({ticket})));
  EraseAnna();
  IssueWrite moved = Ticket(1, "anna.new@example.com", 2000);
  moved.desired.set_account_id("acc-anna");
  Must(owner_.Apply(Of({moved})));
  EXPECT_FALSE(HasState(ContactId::OfEmail("anna.new@example.com")));
  EXPECT_TRUE(Must(owner_.Issues({1}))[0]->contact.IsNone());
  IssueWrite other = Ticket(2, kBert, 2000);
  other.desired.set_account_id("acc-bert");
  Must(owner_.Apply(Of({other})));
  EXPECT_TRUE(HasState(ContactId::OfEmail(kBert)));
}

TEST_F(ErasureTest, DeletionThatBeganInBrevo_IsRepeatedThereOnlyIfWeWroteSince) {
  Must(owner_.Apply(Of({Ticket(1, kAnna, 1000), Ticket(2, kBert, 1000)})));
  ASSERT_EQ(Must(owner_.TakeDirty(10, Lane::kLive)).size(), 2u);
  Must(owner_.Settle({{anna_, 1, "h"}, {ContactId::OfEmail(kBert), 1, "h"}}));
  // Written at kNowMs; deleted an hour later, and not touched since.
  EXPECT_FALSE(EraseAnna(kNowMs + 3'600'000).delete_in_brevo);
  const auto bert =
      Must(Erase(*redis_, "c_1", owner_.Erased(), {{ContactId::OfEmail(kBert), "", kNowMs - 1000}}, kNowMs));
  EXPECT_TRUE(bert.at(0).delete_in_brevo);
}

TEST_F(ErasureTest, WriteInFlight_HasToBeUndone_AndIsRememberedUntilItIs) {
  Must(owner_.Apply(Of({Ticket(1, kAnna, 1000)})));
  ASSERT_EQ(Must(owner_.TakeDirty(10, Lane::kLive)).size(), 1u);
  const Erased first = EraseAnna(kNowMs + 3'600'000);
  EXPECT_TRUE(first.in_flight);
  EXPECT_TRUE(first.delete_in_brevo);
  Must(owner_.Settle({{anna_, 1, "h"}}));
  EXPECT_FALSE(HasState(anna_));
  const Erased again = EraseAnna(kNowMs + 3'600'000);
  EXPECT_FALSE(again.in_flight);
  EXPECT_TRUE(again.delete_in_brevo);
  PeopleOutcome done;
  done.finished.push_back({"0-1", anna_, "", {}});
  Must(people_.Finish(std::move(done)));
  EXPECT_FALSE(EraseAnna(kNowMs + 3'600'000).delete_in_brevo);
}

// A new owner waits as long as a call of the former one can take.
TEST_F(ErasureTest, ErasedContactInFlight_IsCountedAtTakeOver) {
  Must(owner_.Apply(Of({Ticket(1, kAnna, 1000)})));
  ASSERT_EQ(Must(owner_.TakeDirty(10, Lane::kLive)).size(), 1u);
  EraseAnna();
  EXPECT_EQ(Must(owner_.ReclaimInFlight()), 1);
  EXPECT_FALSE(HasState(anna_));
  EXPECT_TRUE(Must(owner_.TakeDirty(10, Lane::kLive)).empty());
}

TEST_F(ErasureTest, Accounts_AreFoundByContactsAndUsers) {
  Redis({"HSET", keys_.Connection(), "generation", "1"});
  IssueWrite ticket = Ticket(1, kAnna, 1000);
  ticket.desired.set_account_id("acc-anna");
  Must(owner_.Apply(Of({ticket})));
  Must(owner_.PutUsers({User("acc-bert", kBert), User("acc-nobody", "")}));
  EXPECT_EQ(Must(EmailsOfAccounts(*redis_, "c_1", {"acc-anna", "acc-bert", "acc-nobody"})),
            (std::set<std::string>{kAnna, kBert}));
  EXPECT_EQ(Must(AccountsHeld(*redis_, "c_1")), (std::set<std::string>{"acc-anna", "acc-bert"}));
}

TEST_F(ErasureTest, Entry_IsEndedTogetherWithWhatFollows) {
  jira::v1::Event event;
  event.mutable_erasure()->set_account_id("acc-anna");
  Must(people_.Add(event));
  const auto entries = Must(people_.Read(10, ""));
  ASSERT_EQ(entries.size(), 1u);
  PeopleOutcome done;
  done.finished.push_back({entries[0].entry_id, std::nullopt, "r1", {}});
  done.finished[0].report.set_in_brevo(jira::v1::ErasureReport::WAS_NOT_THERE);
  event.mutable_erasure()->set_email(kAnna);
  done.follow_ups = {event};
  done.erased_accounts = {"acc-anna"};
  Must(people_.Finish(done));
  Must(people_.Finish(done));  // its answer was lost
  const auto left = Must(people_.Read(10, ""));
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].event.erasure().email(), kAnna);
  const auto report = Must(ReadErasureReport(*redis_, "c_1", "r1"));
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->in_brevo(), jira::v1::ErasureReport::WAS_NOT_THERE);
  EXPECT_FALSE(Must(ReadErasureReport(*redis_, "c_1", "r2")).has_value());
  EXPECT_EQ(Number({"SISMEMBER", keys_.Erased(), owner_.Erased().OfAccount("acc-anna")}), 1);
}

TEST_F(ErasureTest, Entries_AreEndedByTheOwnerOnly) {
  Redis({"SET", keys_.Lease(), "worker-2/bbbb"});
  PeopleOutcome done;
  done.unsubscribed = {anna_};
  EXPECT_EQ(base::ReasonOf(Run(people_.Finish(std::move(done)))), jira::v1::LEASE_LOST);
}

TEST_F(ErasureTest, WhoUnsubscribed_IsPutIntoNoListButStillTakenOut) {
  Must(owner_.Apply(Of({Ticket(1, kAnna, 1000, 22), Ticket(2, kAnna, 900, 23), Ticket(3, kBert, 1000, 22)})));
  Must(owner_.Apply(Of({Ticket(2, kAnna, 2000, 0)})));
  PeopleOutcome done;
  done.unsubscribed = {anna_};
  Must(people_.Finish(std::move(done)));
  const auto dirty = Must(owner_.TakeDirty(10, Lane::kLive));
  ASSERT_EQ(dirty.size(), 2u);
  for (const ContactToWrite& contact : dirty) {
    if (contact.contact == anna_) {
      EXPECT_EQ(contact.desired.list_ids_size(), 0);
      EXPECT_EQ(contact.unlink_list_ids, (std::vector<int64_t>{23}));
    } else {
      EXPECT_EQ(contact.desired.list_ids_size(), 1);
    }
  }
}

TEST_F(ErasureTest, Account_IsClaimedOnceACycle_WhicheverConnectionAsks) {
  const std::string key = "tajo:{app:1}:reported";
  EXPECT_EQ(Must(ClaimAccounts(*redis_, key, {"a", "b"}, 1'000'000, 7000)), (std::vector<std::string>{"", ""}));
  Redis({"HSET", key, "b", "1000000 closed"});
  EXPECT_EQ(Must(ClaimAccounts(*redis_, key, {"a", "b"}, 1'006'000, 7000)),
            (std::vector<std::string>{"1000000 ", "1000000 closed"}));
  EXPECT_EQ(Must(ClaimAccounts(*redis_, key, {"a"}, 1'007'000, 7000)), (std::vector<std::string>{""}));
}

TEST_F(ErasureTest, MarkStale_HasTheLastTicketReadAgain) {
  Must(owner_.Apply(Of({Ticket(1, kAnna, 1000), Ticket(2, kAnna, 2000)})));
  Must(owner_.MarkStale({anna_, ContactId::OfEmail(kBert)}));
  const auto stale = Must(owner_.StaleContacts(10));
  ASSERT_EQ(stale.size(), 1u);
  EXPECT_EQ(stale[0].issue_id, 2);
}

}  // namespace
}  // namespace tajo::store
