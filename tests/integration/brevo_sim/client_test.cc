#include <gmock/gmock.h>

#include "common/base/error.h"
#include "common/brevo/batching.h"
#include "common/brevo/encode.h"
#include "common/brevo/errors.h"
#include "tajo/jira/v1/error.pb.h"
#include "tests/integration/brevo_sim/fixture.h"

namespace tajo::brevo_sim {
namespace {

namespace v1 = ::tajo::jira::v1;
using nlohmann::json;
using ::testing::ElementsAre;

// Our client against the strict simulator: nothing it does may break a rule.
class ClientAgainstBrevo : public SimulatorTest {
 protected:
  void Begin(Options options) {
    Start(std::move(options));
    client_ = std::make_unique<brevo::Client>(
        *http_, brevo::ClientOptions{simulator_->Url() + "/v3", base::Secret(kKey)}, governor_, clock_, random_);
  }
  void Begin() {
    Options options;
    options.plan = Plan::kOff;
    Begin(std::move(options));
  }
  brevo::ContactWrite Contact(const std::string& email) {
    brevo::ContactWrite contact;
    contact.email = email;
    contact.attributes = {{"FIRSTNAME", "\"Ann\""}};
    contact.list_ids = {22};
    return contact;
  }
  std::string Encoded(const std::string& uid, const std::string& name = "jira_issue_created") {
    return *brevo::EncodeEvent({name,
                                {brevo::IdentifierType::kEmail, "a@example.com"},
                                base::ToMillis(clock_.Now()),
                                R"({"uid":")" + uid + R"("})"});
  }

  brevo::NoLimit governor_;
  base::SeededRandom random_{1};
  std::unique_ptr<brevo::Client> client_;
};

TEST_F(ClientAgainstBrevo, AContactsWholeLifeBreaksNoRule) {
  Begin();
  const auto created = Run(client_->UpsertContact(Contact("a+b@example.com")));
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_TRUE(created->created);
  EXPECT_FALSE(Run(client_->UpsertContact(Contact("a+b@example.com")))->created);
  brevo::ContactWrite moved = Contact("a+b@example.com");
  moved.list_ids = {23};
  moved.unlink_list_ids = {22};
  moved.ext_id = "712020:uuid";
  ASSERT_TRUE(Run(client_->UpsertContact(moved)).ok());
  const auto contact = Run(client_->GetContact({brevo::IdentifierType::kExtId, "712020:uuid"}));
  ASSERT_TRUE(contact.ok()) << contact.status();
  EXPECT_EQ(contact->email, "a+b@example.com");
  EXPECT_THAT(contact->list_ids, ElementsAre(23));
  ASSERT_TRUE(Run(client_->DeleteContact({brevo::IdentifierType::kEmail, "a+b@example.com"})).ok());
  ASSERT_TRUE(Run(client_->DeleteContact({brevo::IdentifierType::kEmail, "a+b@example.com"})).ok());
  EXPECT_EQ(Violations(), 0);
}

TEST_F(ClientAgainstBrevo, AttributesAndListsAreReadAndMade) {
  Begin();
  ASSERT_TRUE(Run(client_->CreateAttribute({"LAST_TICKET_KEY", "normal", "text"})).ok());
  ASSERT_TRUE(Run(client_->CreateAttribute({"LAST_TICKET_KEY", "normal", "text"})).ok());
  const auto attributes = Run(client_->Attributes());
  ASSERT_TRUE(attributes.ok());
  EXPECT_EQ(attributes->back().name, "LAST_TICKET_KEY");
  EXPECT_EQ(Run(client_->GetLists())->count, 2);
  EXPECT_EQ(Run(client_->GetList(22))->id, 22);
  EXPECT_EQ(base::ReasonOf(Run(client_->GetList(99)).status()), v1::BREVO_LIST_UNKNOWN);
  ASSERT_TRUE(Run(client_->UpsertContact(Contact("a@example.com"))).ok());
  EXPECT_TRUE(Run(client_->AddToList(22, {"a@example.com"}))->none_changed);
  EXPECT_THAT(Run(client_->AddToList(23, {"a@example.com"}))->changed, ElementsAre("a@example.com"));
  EXPECT_THAT(Run(client_->RemoveFromList(23, {"a@example.com"}))->changed, ElementsAre("a@example.com"));
  EXPECT_EQ(Violations(), 0);
}

TEST_F(ClientAgainstBrevo, OptionsThatWereMadeAreTakenAndOthersAreNot) {
  Begin();
  ASSERT_TRUE(Run(client_->CreateAttribute({"AREA", "category", "category", {{"Web", ""}, {"Mail", ""}}})).ok());
  ASSERT_TRUE(Run(client_->CreateAttribute({"TEAMS", "normal", "multiple-choice", {{"Red", ""}}})).ok());
  const auto attributes = Run(client_->Attributes());
  ASSERT_TRUE(attributes.ok());
  const brevo::AttributeDefinition& area = (*attributes)[attributes->size() - 2];
  const std::vector<brevo::AttributeOption> options = {{"Web", "1"}, {"Mail", "2"}};
  EXPECT_EQ(area.options, options);
  brevo::ContactWrite contact = Contact("a@example.com");
  contact.attributes = {{"AREA", "2"}, {"TEAMS", R"(["Red"])"}};
  ASSERT_TRUE(Run(client_->UpsertContact(contact)).ok());
  EXPECT_EQ(Violations(), 0);
  contact.attributes = {{"AREA", "3"}, {"TEAMS", R"(["Green"])"}};
  ASSERT_TRUE(Run(client_->UpsertContact(contact)).ok()) << "Brevo drops them without a word";
  EXPECT_EQ(Violations(), 2);
}

TEST_F(ClientAgainstBrevo, AnUnknownListInAnUpsertIsNamedAsTheCause) {
  Begin();
  brevo::ContactWrite contact = Contact("a@example.com");
  contact.list_ids = {99};
  const auto status = Run(client_->UpsertContact(contact)).status();
  EXPECT_EQ(base::ReasonOf(status), v1::BREVO_LIST_UNKNOWN);
  EXPECT_EQ(brevo::RefusedField(status), "listIds");
}

TEST_F(ClientAgainstBrevo, EventsArriveOnceAndAreFoundByUid) {
  Begin();
  ASSERT_TRUE(Run(client_->UpsertContact(Contact("a@example.com"))).ok());
  ASSERT_TRUE(Run(client_->SendEvent(Encoded("u1"))).ok());
  const auto outcome = Run(client_->SendEvents({Encoded("u2"), Encoded("u3")}));
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(outcome->accepted, 2u);
  brevo::EventQuery query;
  query.from_ms = base::ToMillis(clock_.Now()) - 1000;
  query.to_ms = base::ToMillis(clock_.Now()) + 1000;
  query.names = {"jira_issue_created"};
  const auto page = Run(client_->GetEvents(query));
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->count, 3);
  EXPECT_EQ(Control("truth")["duplicate_uids"], 0);
  EXPECT_EQ(Violations(), 0);
}

TEST_F(ClientAgainstBrevo, APartlyBadBatchIsToldApartInAllThreeWays) {
  for (const PartialBatch way : {PartialBatch::k207, PartialBatch::k202, PartialBatch::k400}) {
    Options options;
    options.plan = Plan::kOff;
    options.partial_batch = way;
    Begin(options);
    ASSERT_TRUE(Run(client_->UpsertContact(Contact("a@example.com"))).ok());
    const std::string bad = R"({"event_name":"b c","identifiers":{"email_id":"a@example.com"}})";
    const auto outcome = Run(client_->SendEvents({Encoded("u1"), bad, Encoded("u2")}));
    ASSERT_TRUE(outcome.ok());
    EXPECT_EQ(outcome->accepted, way == PartialBatch::k400 ? 0u : 2u);
    EXPECT_EQ(outcome->rejected.size(), way == PartialBatch::k202 ? 0u : 1u);
    EXPECT_EQ(outcome->not_taken.size(), way == PartialBatch::k400 ? 2u : 0u);
    EXPECT_EQ(outcome->count_differs, way == PartialBatch::k202);
  }
}

TEST_F(ClientAgainstBrevo, AnEventWhoseAnswerIsLostArrivesOnceAndIsAmbiguous) {
  Begin();
  ASSERT_TRUE(Run(client_->UpsertContact(Contact("a@example.com"))).ok());
  Post("/_control/faults", R"({"match":{"method":"POST","path":"/events"},"kind":"drop_after_effect"})");
  const absl::Status status = Run(client_->SendEvent(Encoded("u1")));
  EXPECT_EQ(base::ReasonOf(status), v1::UPSTREAM_AMBIGUOUS);
  EXPECT_FALSE(brevo::SurelyNotActed(status));
  EXPECT_EQ(Control("truth")["events"], 1);
  EXPECT_EQ(Control("truth")["duplicate_uids"], 0);
}

TEST_F(ClientAgainstBrevo, AnImportTellsWhatItLeftOutWithoutGivingTheKeyAway) {
  Begin();
  std::vector<std::string> rows;
  for (int i = 0; i < 2000; ++i) {
    rows.push_back(*brevo::ImportRowJson("c" + std::to_string(i) + "@example.com", {{"FIRSTNAME", "\"C\""}}));
  }
  rows.push_back(*brevo::ImportRowJson("not-an-address@", {}));
  const auto id = Run(client_->Import(rows, {22}));
  ASSERT_TRUE(id.ok()) << id.status();
  clock_.Advance(std::chrono::seconds(10));
  const auto process = Run(client_->GetProcess(*id));
  ASSERT_TRUE(process.ok());
  EXPECT_EQ(process->state, brevo::ProcessState::kCompleted);
  ASSERT_EQ(process->files.size(), 1u);
  EXPECT_THAT(*Run(client_->RejectedEmails(process->files[0])), ElementsAre("not-an-address@"));
  EXPECT_EQ(Control("truth")["contacts"], 2000);
  EXPECT_EQ(Violations(), 0);
}

TEST_F(ClientAgainstBrevo, AWebhookIsRegisteredAndTakenBack) {
  Begin();
  const auto id = Run(client_->CreateWebhook(
      {"https://example.com/webhooks/brevo/c1", {"contactDeleted", "unsubscribed"}, base::Secret("t"), "Jira"}));
  ASSERT_TRUE(id.ok()) << id.status();
  EXPECT_TRUE(Run(client_->DeleteWebhook(*id)).ok());
  EXPECT_TRUE(Run(client_->DeleteWebhook(*id)).ok());
  EXPECT_EQ(Violations(), 0);
}

}  // namespace
}  // namespace tajo::brevo_sim
