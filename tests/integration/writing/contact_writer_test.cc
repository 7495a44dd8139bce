#include "services/sync-worker/writing/contact_writer.h"

#include <functional>

#include "common/store/people.h"
#include "tajo/jira/v1/error.pb.h"
#include "tests/integration/writing/fixture.h"

namespace tajo::worker {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// Never waits, and calls `on_call` at the nth call of a family.
class CallingGovernor final : public brevo::Governor {
 public:
  CallingGovernor(brevo::Family family, int nth, std::function<void()> on_call)
      : family_(family), left_(nth), on_call_(std::move(on_call)) {}
  base::Task<absl::Status> Acquire(brevo::Family family, brevo::Lane) override {
    if (family == family_ && --left_ == 0) on_call_();
    co_return absl::OkStatus();
  }
  base::Task<void> Observe(brevo::Family, double, double, double) override { co_return; }
  base::Task<void> Pause(brevo::Family, std::chrono::milliseconds) override { co_return; }
  std::optional<brevo::Limit> Measured(brevo::Family) const override { return std::nullopt; }

 private:
  brevo::Family family_;
  int left_;
  std::function<void()> on_call_;
};

class ContactWriterTest : public WritingTest {
 protected:
  void Begin(const std::string& ext_id_from = "", brevo_sim::Options options = {}) {
    Start(std::move(options));
    writer_ = std::make_unique<ContactWriter>(*store_, *brevo_, *brevo_, clock_, *log_, instruments_,
                                              ContactWriter::Options{.ext_id_from = ext_id_from, .account = "account"});
    ASSERT_TRUE(Run(writer_->AwaitEarlierImport()).ok());
  }
  int64_t Written() {
    const auto outcome = Run(writer_->WriteLive());
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    return outcome.ok() ? outcome->settled : -1;
  }
  int64_t Imported() {
    const auto outcome = Run(writer_->WriteBackfill());
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    return outcome.ok() ? outcome->settled : -1;
  }
  // As many as an import is worth, and `last` behind them.
  std::vector<store::IssueWrite> Many(const std::string& last = "", uint32_t list = 22) {
    std::vector<store::IssueWrite> issues;
    for (int64_t i = 1; i <= 120; ++i) {
      issues.push_back(Ticket(i, "person" + std::to_string(i) + "@example.com", {}, list));
    }
    if (!last.empty()) issues.push_back(Ticket(121, last, {}, list));
    return issues;
  }
  // A writer that is stopped at its nth call of that family.
  void StopAt(brevo::Family family, int nth) {
    governor_to_stop_ = std::make_unique<CallingGovernor>(family, nth, [this] { writer_->Stop(); });
    brevo_to_stop_ = std::make_unique<brevo::Client>(
        *http_, brevo::ClientOptions{simulator_->Url() + "/v3", base::Secret("xkeysib-test")}, *governor_to_stop_,
        clock_, random_);
    writer_ = std::make_unique<ContactWriter>(*store_, *brevo_to_stop_, *brevo_, clock_, *log_, instruments_,
                                              ContactWriter::Options{.ext_id_from = "", .account = "account"});
    ASSERT_TRUE(Run(writer_->AwaitEarlierImport()).ok());
  }
  std::string ImportNote() {
    const redis::Reply note = Redis({"HGET", keys_.Cursors(), "import"});
    return note.IsNil() ? "" : note.String();
  }
  // To be written whatever their hash says.
  int64_t MaybeSent(const std::vector<store::IssueWrite>& issues) {
    int64_t count = 0;
    for (const auto& issue : issues) {
      count += Redis({"HEXISTS", keys_.Contact(issue.record.contact), "f"}).Integer();
    }
    return count;
  }
  int64_t Dirty() { return Redis({"ZCARD", keys_.Dirty()}).Integer(); }

  std::unique_ptr<CallingGovernor> governor_to_stop_;
  std::unique_ptr<brevo::Client> brevo_to_stop_;
  std::unique_ptr<ContactWriter> writer_;
};

TEST_F(ContactWriterTest, BadPhoneNumber_CostsTheFieldAndIsCounted) {
  Begin();
  Apply({Ticket(1, kAnna, {{"SMS", "\"12\""}})});
  EXPECT_EQ(Written(), 1);
  EXPECT_EQ(There(kAnna)["attributes"], json({{"LAST_TICKET_KEY", "SUP-1"}}));
  EXPECT_THAT(Metrics(), HasSubstr("tajo_contact_fields_dropped_total{reason=\"BREVO_REQUEST_INVALID\"} 1"));
  EXPECT_EQ(DeadLetters(), 0);
}

TEST_F(ContactWriterTest, IdentifierOfAnotherContact_IsLeftOutByItsMetadata) {
  Begin();
  Http(net::Method::kPost, "/v3/contacts", {{"email", kBert}, {"attributes", {{"SMS", "+33612345678"}}}});
  Apply({Ticket(1, kAnna)});
  EXPECT_EQ(Written(), 1);
  Apply({Ticket(1, kAnna, {{"SMS", "\"+33612345678\""}})});
  EXPECT_EQ(Written(), 1);
  EXPECT_EQ(There(kAnna)["attributes"]["LAST_TICKET_KEY"], "SUP-1");
  EXPECT_EQ(There(kBert)["attributes"]["SMS"], "33612345678");
  EXPECT_THAT(Metrics(), HasSubstr("tajo_contact_fields_dropped_total{reason=\"BREVO_IDENTIFIER_CLASH\"} 1"));
  EXPECT_EQ(DeadLetters(), 0);
  EXPECT_THAT(Violations(), IsEmpty());
}

TEST_F(ContactWriterTest, ListThatIsGone_CostsTheListsNotTheContact) {
  Begin();
  Apply({Ticket(1, kAnna, {}, 99)});
  EXPECT_EQ(Written(), 1);
  EXPECT_EQ(There(kAnna)["attributes"]["LAST_TICKET_KEY"], "SUP-1");
  EXPECT_EQ(DeadLetters(), 0);
}

TEST_F(ContactWriterTest, TooEarly_IsRetriedAndHoldsUpNoOtherContact) {
  Begin();
  Apply({Ticket(1, kAnna), Ticket(2, kBert)});
  Fault({{"match", {{"method", "POST"}, {"path", "/contacts"}}}, {"kind", "status"}, {"status", 425}, {"count", 4}});
  EXPECT_EQ(Written(), 1);
  EXPECT_EQ(Dirty(), 1);
  EXPECT_EQ(Written(), 1);
  EXPECT_EQ(Dirty(), 0);
  EXPECT_EQ(Truth()["contacts"], 2);
}

TEST_F(ContactWriterTest, ContactThatBrevoFailsAt_HoldsUpNoOtherAndIsGivenUpInTheEnd) {
  Begin();
  Apply({Ticket(1, kAnna)});
  EXPECT_EQ(Written(), 1);
  // To leave a list it is updated by its address.
  Apply({Ticket(1, kAnna, {}, 23)});
  Fault({{"match", {{"method", "PUT"}, {"path", "/contacts/anna"}}},
         {"kind", "status"},
         {"status", 500},
         {"count", 1000}});
  for (int64_t i = 1; i < 20; ++i) {
    Apply({Ticket(10 + i, kBert)});
    EXPECT_EQ(Written(), 1) << i;
    EXPECT_EQ(Dirty(), 1);
    EXPECT_EQ(DeadLetters(), 0);
    clock_.Advance(std::chrono::minutes(1));
  }
  Apply({Ticket(30, kBert)});
  Written();
  EXPECT_EQ(DeadLetters(), 1);
  EXPECT_EQ(Dirty(), 0);
}

TEST_F(ContactWriterTest, ContactThatBrevoFailsAtWhileNothingSucceeds_StaysDirty) {
  Begin();
  Apply({Ticket(1, kAnna)});
  Fault({{"match", {{"method", "POST"}, {"path", "/contacts"}}}, {"kind", "status"}, {"status", 500}, {"count", 1000}});
  for (int i = 0; i < 25; ++i) {
    EXPECT_EQ(base::ReasonOf(Run(writer_->WriteLive()).status()), jira::v1::BREVO_UNAVAILABLE);
    clock_.Advance(std::chrono::minutes(1));
  }
  EXPECT_EQ(DeadLetters(), 0);
  EXPECT_EQ(Dirty(), 1);
}

TEST_F(ContactWriterTest, Stop_EndsATurnAndPutsBackWhatWasntSent) {
  Begin();
  StopAt(brevo::Family::kContacts, 5);
  const std::vector<store::IssueWrite> issues = Many();
  Apply(issues);
  const int64_t written = Written();
  EXPECT_GE(written, 5);
  EXPECT_LE(written, 8) << "those that were under way";
  EXPECT_EQ(Truth()["contacts"], written);
  EXPECT_EQ(Dirty(), 120 - written);
  EXPECT_EQ(MaybeSent(issues), 0);
  EXPECT_EQ(Redis({"SCARD", keys_.Of("inflight")}).Integer(), 0);
}

TEST_F(ContactWriterTest, Stop_LeavesARunningImportToTheNextOwner) {
  brevo_sim::Options options;
  options.import_delay_ms = 3 * 3'600'000;
  Begin("", std::move(options));
  StopAt(brevo::Family::kOther, 3);
  const std::vector<store::IssueWrite> issues = Many();
  Apply(issues, store::Lane::kBackfill);
  EXPECT_EQ(base::ReasonOf(Run(writer_->WriteBackfill()).status()), jira::v1::LEASE_LOST);
  EXPECT_EQ(Requests("GET /processes/{id}"), 3);
  EXPECT_NE(ImportNote(), "");
  EXPECT_EQ(MaybeSent(issues), 120);
  StopAt(brevo::Family::kOther, 0);
  EXPECT_EQ(ImportNote(), "");
  EXPECT_EQ(Imported(), 120);
  EXPECT_EQ(Truth()["imports"], 2);
  EXPECT_THAT(Violations(), IsEmpty());
}

TEST_F(ContactWriterTest, ImportThatIsStuck_IsGivenUpAfterSixHoursAndItsContactsGoOneByOne) {
  brevo_sim::Options options;
  options.import_delay_ms = 24 * 3'600'000;
  Begin("", std::move(options));
  Apply(Many(), store::Lane::kBackfill);
  EXPECT_EQ(Imported(), 120);
  EXPECT_EQ(Requests("POST /contacts"), 120);
  EXPECT_EQ(Truth()["imports"], 1);
  EXPECT_EQ(ImportNote(), "");
  EXPECT_FALSE(writer_->MayWrite(store::ContactId::OfEmail("person1@example.com")));
}

TEST_F(ContactWriterTest, ImportThatBrevoRefusesToTellOf_IsGivenUpAndItsContactsGoOneByOne) {
  Begin();
  Fault({{"match", {{"method", "GET"}, {"path", "/processes"}}},
         {"kind", "status"},
         {"status", 400},
         {"code", "bad_request"},
         {"count", 1000}});
  Apply(Many(), store::Lane::kBackfill);
  EXPECT_EQ(Imported(), 120);
  EXPECT_EQ(ImportNote(), "");
  EXPECT_FALSE(writer_->MayWrite(store::ContactId::OfEmail("person1@example.com")));
}

TEST_F(ContactWriterTest, BlocklistedContact_IsWrittenAndStaysBlocklisted) {
  Begin();
  Http(net::Method::kPost, "/v3/contacts", {{"email", kAnna}});
  Http(net::Method::kPost, "/_control/contacts/unsubscribe", {{"email", kAnna}, {"notify", false}});
  Apply({Ticket(1, kAnna)});
  EXPECT_EQ(Written(), 1);
  EXPECT_EQ(There(kAnna)["emailBlacklisted"], true);
  EXPECT_EQ(There(kAnna)["attributes"]["LAST_TICKET_KEY"], "SUP-1");
}

TEST_F(ContactWriterTest, ExtIdOfABlocklistedContact_DoesntSubscribeItAgain) {
  Begin("JIRA_ACCOUNT_ID");
  Http(net::Method::kPost, "/v3/contacts", {{"email", "old@example.com"}, {"ext_id", "712020:anna"}});
  Http(net::Method::kPost, "/_control/contacts/unsubscribe", {{"email", "old@example.com"}, {"notify", false}});
  Apply({Ticket(1, kAnna, {{"JIRA_ACCOUNT_ID", "\"712020:anna\""}})});
  EXPECT_EQ(Written(), 1);
  EXPECT_EQ(There("old@example.com")["emailBlacklisted"], true);
  EXPECT_FALSE(There(kAnna)["attributes"].contains("EXT_ID"));
  EXPECT_THAT(Violations(), IsEmpty());
  Apply({Ticket(2, kBert, {{"JIRA_ACCOUNT_ID", "\"712020:bert\""}})});
  EXPECT_EQ(Written(), 1);
  EXPECT_EQ(There(kBert)["attributes"]["EXT_ID"], "712020:bert");
}

TEST_F(ContactWriterTest, RowsInAnImportsResultFile_GoOneByOneAndThenToTheDeadLetters) {
  Begin();
  Apply(Many("anna@nowhere"), store::Lane::kBackfill);
  EXPECT_EQ(Imported(), 121);
  EXPECT_EQ(Truth()["contacts"], 120);
  EXPECT_EQ(Truth()["imports"], 1);
  EXPECT_EQ(Requests("POST /contacts"), 1);
  EXPECT_EQ(DeadLetters(), 1);
  EXPECT_EQ(Dirty(), 0);
  EXPECT_THAT(Violations(), IsEmpty());
}

TEST_F(ContactWriterTest, ImportBesideAnotherConnectionsOfTheAccount_WaitsForItsTurn) {
  constexpr char kTurn[] = "tajo:{brevo:account}:import";
  Begin();
  Redis({"SET", kTurn, "c_2"});
  Apply(Many(), store::Lane::kBackfill);
  EXPECT_EQ(base::ReasonOf(Run(writer_->WriteBackfill()).status()), jira::v1::BREVO_TOO_EARLY);
  EXPECT_EQ(Truth()["imports"], 0);
  EXPECT_EQ(Redis({"GET", kTurn}).String(), "c_2");
  Redis({"DEL", kTurn});
  EXPECT_EQ(Imported(), 120);
  EXPECT_EQ(Redis({"EXISTS", kTurn}).Integer(), 0) << "it was given back";
}

TEST_F(ContactWriterTest, ImportThatFails_IsWrittenOneByOne) {
  Begin();
  Http(net::Method::kPost, "/_control/imports", {{"fail", 1}});
  Apply(Many(), store::Lane::kBackfill);
  EXPECT_EQ(Imported(), 120);
  EXPECT_EQ(Truth()["contacts"], 120);
  EXPECT_EQ(Requests("POST /contacts"), 120);
  EXPECT_EQ(Dirty(), 0);
}

TEST_F(ContactWriterTest, ResultFileThatCantBeRead_HasAllItsContactsWrittenOneByOne) {
  Begin();
  Apply(Many("anna@nowhere"), store::Lane::kBackfill);
  Fault({{"match", {{"method", "GET"}, {"path", "/_files"}}}, {"kind", "status"}, {"status", 404}, {"count", 100}});
  EXPECT_EQ(Imported(), 121);
  EXPECT_EQ(Requests("POST /contacts"), 121);
  EXPECT_EQ(DeadLetters(), 1);
  EXPECT_EQ(Dirty(), 0);
}

TEST_F(ContactWriterTest, ImportWhoseAnswerIsLost_IsWaitedForBeforeTheNext) {
  Begin();
  Apply(Many(), store::Lane::kBackfill);
  Fault({{"match", {{"method", "POST"}, {"path", "/contacts/import"}}}, {"kind", "drop_after_effect"}, {"count", 1}});
  EXPECT_EQ(base::ReasonOf(Run(writer_->WriteBackfill()).status()), jira::v1::UPSTREAM_AMBIGUOUS);
  EXPECT_EQ(Imported(), 120);
  EXPECT_EQ(Truth()["contacts"], 120);
  EXPECT_EQ(Truth()["imports"], 2);
  EXPECT_THAT(Violations(), IsEmpty());
}

TEST_F(ContactWriterTest, ImportIntoAListThatIsGone_GoesOneByOneWithoutIt) {
  Begin();
  Apply(Many("", 99), store::Lane::kBackfill);
  EXPECT_EQ(Imported(), 120);
  EXPECT_EQ(Truth()["contacts"], 120);
  EXPECT_EQ(DeadLetters(), 0);
}

}  // namespace
}  // namespace tajo::worker
