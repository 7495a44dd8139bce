#include <chrono>

#include "common/store/overview.h"
#include "common/store/parked.h"
#include "common/store/people.h"
#include "services/sync-worker/writing/audit.h"
#include "services/sync-worker/writing/contact_writer.h"
#include "services/sync-worker/writing/parked_tickets.h"
#include "tests/integration/writing/fixture.h"

namespace tajo::worker {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr char kAccount[] = "712020:4ef1-anna";

// Two contacts that were written, and an audit that found them as they should be.
class AuditTest : public WritingTest {
 protected:
  void SetUp() override {
    Start();
    writer_ = std::make_unique<ContactWriter>(*store_, *brevo_, *brevo_, clock_, *log_, instruments_,
                                              ContactWriter::Options());
    audit_ = std::make_unique<Audit>(Audit::Parts{*store_, *brevo_, instruments_, "JIRA_ACCOUNT_ID"});
    store::Application synced;
    synced.cursors[store::kCursorLastSync] = "1";
    ASSERT_TRUE(Run(store_->Apply(std::move(synced))).ok());
    EXPECT_EQ(Audited().mended, 0);
    EXPECT_EQ(Requests("GET /contacts"), 0) << "the first pass is due in an hour";
    Apply({Ticket(1, kAnna), Ticket(2, kBert)});
    Write();
    EXPECT_EQ(Pass().mended, 0);
  }
  void Write() {
    ASSERT_TRUE(Run(writer_->WriteLive()).ok());
    ASSERT_TRUE(Run(writer_->WriteBackfill()).ok());
  }
  Audit::Outcome Audited() {
    const auto outcome = Run(audit_->Work());
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    return outcome.value_or(Audit::Outcome());
  }
  // When the next pass is due.
  Audit::Outcome Pass() {
    clock_.Advance(std::chrono::hours(1));
    return Audited();
  }
  void SetInBrevo(const std::string& email, const json& body) {
    Http(net::Method::kPut, "/v3/contacts/" + email + "?identifierType=email_id", body);
  }
  std::string KeyThere(const std::string& email) { return There(email)["attributes"].value("LAST_TICKET_KEY", ""); }

  std::unique_ptr<ContactWriter> writer_;
  std::unique_ptr<Audit> audit_;
};

TEST_F(AuditTest, WhatAPersonChangedInBrevo_IsFoundAndMended) {
  SetInBrevo(kAnna, {{"attributes", {{"LAST_TICKET_KEY", "OLD-7"}}}});
  SetInBrevo(kBert, {{"unlinkListIds", {22}}});
  EXPECT_EQ(Pass().mended, 2);
  Write();
  EXPECT_EQ(KeyThere(kAnna), "SUP-1");
  EXPECT_EQ(There(kBert)["listIds"], json::array({22}));
  EXPECT_THAT(Metrics(), HasSubstr("tajo_audit_contacts_total{what=\"mended\"} 2"));
  EXPECT_EQ(Pass().mended, 0);
}

TEST_F(AuditTest, WhoeverChangesItBackAsOften_WinsUntilTheTicketChanges) {
  for (int i = 0; i < Audit::kMostMends; ++i) {
    SetInBrevo(kAnna, {{"attributes", {{"LAST_TICKET_KEY", "MINE"}}}});
    EXPECT_EQ(Pass().mended, 1);
    Write();
  }
  SetInBrevo(kAnna, {{"attributes", {{"LAST_TICKET_KEY", "MINE"}}}});
  EXPECT_EQ(Pass().mended, 0);
  EXPECT_THAT(Metrics(), HasSubstr("tajo_audit_contacts_total{what=\"left\"} 1"));
  EXPECT_EQ(KeyThere(kAnna), "MINE");
  Apply({Ticket(3, kAnna)});
  Write();
  EXPECT_EQ(KeyThere(kAnna), "SUP-3");
  SetInBrevo(kAnna, {{"attributes", {{"LAST_TICKET_KEY", "MINE"}}}});
  EXPECT_EQ(Pass().mended, 1);
}

TEST_F(AuditTest, WhoUnsubscribed_IsMendedButPutIntoNoList) {
  Http(net::Method::kPost, "/_control/contacts/unsubscribe", {{"email", kAnna}, {"notify", false}});
  SetInBrevo(kAnna, {{"unlinkListIds", {22}}, {"attributes", {{"LAST_TICKET_KEY", "OLD-7"}}}});
  EXPECT_EQ(Pass().mended, 1);
  Write();
  EXPECT_EQ(KeyThere(kAnna), "SUP-1");
  EXPECT_EQ(There(kAnna)["listIds"], json::array());
  EXPECT_EQ(There(kAnna)["emailBlacklisted"], true);
  EXPECT_EQ(Pass().mended, 0);
}

TEST_F(AuditTest, ContactDeletedBeforeItIsMended_StaysDeletedAndIsErased) {
  SetInBrevo(kAnna, {{"attributes", {{"LAST_TICKET_KEY", "OLD-7"}}}});
  EXPECT_EQ(Pass().mended, 1);
  Http(net::Method::kPost, "/_control/contacts/delete", {{"email", kAnna}, {"notify", false}});
  Write();
  EXPECT_TRUE(There(kAnna).is_null());
  store::People people(*redis_, *store_);
  const auto entries = Run(people.Read(10, "")).value();
  ASSERT_THAT(entries, SizeIs(1));
  EXPECT_EQ(entries[0].event.erasure().email(), kAnna);
  EXPECT_EQ(entries[0].event.erasure().origin(), jira::v1::PersonErasure::ORIGIN_BREVO);
}

TEST_F(AuditTest, ContactThatIsGoneInBrevo_IsLeftAlone) {
  Http(net::Method::kPost, "/_control/contacts/delete", {{"email", kAnna}, {"notify", false}});
  EXPECT_EQ(Pass().mended, 0);
  Write();
  EXPECT_TRUE(There(kAnna).is_null());
}

TEST_F(AuditTest, ContactThatChangesMeanwhile_IsNotMended) {
  SetInBrevo(kAnna, {{"attributes", {{"LAST_TICKET_KEY", "OLD-7"}}}});
  Apply({Ticket(3, kAnna)});
  EXPECT_EQ(Pass().mended, 0) << "a write is due anyway";
  Write();
  SetInBrevo(kAnna, {{"attributes", {{"LAST_TICKET_KEY", "OLD-7"}}}});
  EXPECT_EQ(Pass().mended, 1);
}

TEST_F(AuditTest, HourlyPasses_AskForWhatChangedOnly_TheWeeklyOneForAll) {
  EXPECT_THAT(Metrics(), HasSubstr("tajo_audit_contacts_total{what=\"compared\"} 2"));
  Pass();
  SetInBrevo(kBert, {{"attributes", {{"LAST_TICKET_KEY", "SUP-2"}}}});
  Pass();
  EXPECT_THAT(Metrics(), HasSubstr("tajo_audit_contacts_total{what=\"compared\"} 3"));
  EXPECT_EQ(Requests("GET /contacts"), 3);
  clock_.Advance(std::chrono::hours(24 * 7));
  Audited();
  EXPECT_THAT(Metrics(), HasSubstr("tajo_audit_contacts_total{what=\"compared\"} 5"));
}

TEST(DifferingAttributesTest, BrevosFormsOfAValue_AreTheSame) {
  jira::v1::DesiredContact desired;
  auto& wanted = *desired.mutable_attributes();
  wanted = {};
  wanted["DATE"] = "\"2026-03-26\"";
  wanted["POINTS"] = "3";
  wanted["RATIO"] = "\"2.50\"";
  wanted["CLEARED"] = "\"\"";
  wanted["KEY"] = "\"SUP-1\"";
  wanted["STATUS"] = "\"Done\"";
  brevo::Contact there;
  there.attributes = {{"DATE", "\"2026-03-26T00:00:00.000Z\""},
                      {"POINTS", "\"3\""},
                      {"RATIO", "2.5"},
                      {"CLEARED", "null"},
                      {"STATUS", "\"done\""},
                      {"FOREIGN", "\"x\""}};
  EXPECT_THAT(DifferingAttributes(desired, there), ::testing::ElementsAre("KEY", "STATUS"));
}

class ParkedTest : public WritingTest {
 protected:
  void SetUp() override {
    Start();
    parked_ = std::make_unique<ParkedTickets>(ParkedTickets::Parts{
        *store_, *brevo_, *log_, instruments_, "JIRA_ACCOUNT_ID",
        [this](const std::string& account, const std::string& email) { linked_[account] = email; }});
  }
  void Park(int64_t id) {
    store::IssueWrite write = Ticket(id, kAnna);
    write.record.contact = {};
    write.desired.Clear();
    write.parked_account = kAccount;
    Apply({write});
  }
  ParkedTickets::Outcome Work() {
    const auto outcome = Run(parked_->Work());
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    return outcome.value_or(ParkedTickets::Outcome());
  }
  void MakeInBrevo(const std::string& email) {
    Http(net::Method::kPost, "/v3/contacts", {{"email", email}, {"attributes", {{"JIRA_ACCOUNT_ID", kAccount}}}});
  }
  // The tickets that are to be read again.
  std::vector<int64_t> Hinted() {
    std::vector<int64_t> ids;
    const auto taken = Run(store_->Take(100)).value();
    for (const auto& entry : taken) ids.push_back(entry.event.hint().issue_id());
    std::sort(ids.begin(), ids.end());
    return ids;
  }
  int64_t WithoutContact() { return Run(store::ReadOverview(*redis_, "c_1")).value().tickets_without_contact; }
  int64_t Waiting() { return Redis({"ZCARD", keys_.Parked()}).Integer(); }

  std::unique_ptr<ParkedTickets> parked_;
  std::map<std::string, std::string> linked_;
};

TEST_F(ParkedTest, AccountOfAContactInBrevo_IsLinkedAndItsTicketsReadAgain) {
  MakeInBrevo("Anna@example.com");
  Park(1);
  Park(2);
  EXPECT_EQ(WithoutContact(), 2);
  EXPECT_TRUE(Work().released);
  EXPECT_THAT(Hinted(), ::testing::ElementsAre(1, 2));
  EXPECT_THAT(linked_, ::testing::ElementsAre(Pair(kAccount, kAnna)));
  EXPECT_EQ(Waiting(), 0);
  store::Parked parked(*store_);
  EXPECT_EQ(Run(parked.Links({kAccount})).value().at(kAccount).email, kAnna);
}

TEST_F(ParkedTest, AccountThatNobodyKnows_IsAskedForOnceAWeek) {
  Park(1);
  EXPECT_FALSE(Work().released);
  Park(2);
  EXPECT_FALSE(Work().released);
  EXPECT_EQ(Requests("GET /contacts"), 1);
  EXPECT_EQ(Waiting(), 1);
  clock_.Advance(std::chrono::hours(24 * 7));
  MakeInBrevo(kAnna);
  EXPECT_TRUE(Work().released);
  EXPECT_THAT(Hinted(), ::testing::ElementsAre(1, 2));
}

TEST_F(ParkedTest, ProfileThatBecomesVisible_ReleasesItsTickets) {
  Park(1);
  EXPECT_FALSE(Work().released);
  jira::v1::User anna;
  anna.set_account_id(kAccount);
  anna.set_email(kAnna);
  ASSERT_TRUE(Run(store_->PutUsers({anna})).ok());
  EXPECT_TRUE(Work().released);
  EXPECT_THAT(Hinted(), ::testing::ElementsAre(1));
  EXPECT_EQ(Requests("GET /contacts"), 1) << "Jira's word is enough";
}

TEST_F(ParkedTest, ContactThatAppearsInBrevo_IsFoundByTheAudit) {
  Park(1);
  EXPECT_FALSE(Work().released);
  Audit audit(Audit::Parts{*store_, *brevo_, instruments_, "JIRA_ACCOUNT_ID"});
  store::Application synced;
  synced.cursors[store::kCursorLastSync] = "1";
  ASSERT_TRUE(Run(store_->Apply(std::move(synced))).ok());
  ASSERT_TRUE(Run(audit.Work()).ok());
  MakeInBrevo(kAnna);
  clock_.Advance(std::chrono::hours(1));
  const auto outcome = Run(audit.Work());
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_TRUE(outcome->looked_for);
  EXPECT_TRUE(Work().released);
}

TEST_F(ParkedTest, TicketsThatAreGone_AreForgottenWithTheirAccount) {
  Park(1);
  store::IssueWrite deletion;
  deletion.issue_id = 1;
  deletion.record.version_ms = ++version_;
  deletion.record.deleted = true;
  Apply({deletion});
  EXPECT_FALSE(Work().released);
  EXPECT_EQ(Waiting(), 0);
  EXPECT_EQ(Redis({"EXISTS", keys_.Parked(kAccount)}).Integer(), 0);
}

TEST_F(ParkedTest, Link_OfAWeekAgo_IsLookedForAgainAndEndsWithTheContact) {
  MakeInBrevo(kAnna);
  Park(1);
  EXPECT_TRUE(Work().released);
  store::Parked parked(*store_);
  clock_.Advance(std::chrono::hours(24 * 8));
  Http(net::Method::kPost, "/_control/contacts/delete", {{"email", kAnna}, {"notify", false}});
  EXPECT_THAT(Run(parked.Links({kAccount})).value(), SizeIs(1)) << "good until it is known better";
  EXPECT_FALSE(Work().released);
  EXPECT_THAT(Run(parked.Links({kAccount})).value(), IsEmpty());
  EXPECT_EQ(linked_[kAccount], "");
}

}  // namespace
}  // namespace tajo::worker
