#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "common/base/error.h"
#include "common/brevo/errors.h"
#include "tajo/jira/v1/error.pb.h"
#include "tests/unit/brevo/client_fixture.h"

namespace tajo::brevo {
namespace {

namespace v1 = ::tajo::jira::v1;
using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kClash2024[] =
    R"({"code":"duplicate_parameter","message":"Unable to create contact, email is already associated with another Contact","metadata":{"duplicate_identifiers":["email"]}})";
constexpr char kClash2026[] =
    R"({"code":"invalid_parameter","message":"Unable to update contact, SMS is already associated with another Contact","metadata":{"duplicate_identifiers":["SMS"]}})";

TEST_F(ClientTest, UpsertContactAlwaysSendsUpdateEnabled) {
  http.Answer(201, R"({"id":123})");
  ASSERT_TRUE(Run(client.UpsertContact(Ann())).ok());
  EXPECT_EQ(Sent().method, net::Method::kPost);
  EXPECT_EQ(Sent().url, "https://api.brevo.com/v3/contacts");
  EXPECT_EQ(HeaderSent("api-key"), "xkeysib-test");
  EXPECT_EQ(json::parse(Sent().body), json::parse(R"({"email":"ann@example.com","updateEnabled":true,
      "attributes":{"FIRSTNAME":"Ann","OPEN":3},"listIds":[22]})"));
}

TEST_F(ClientTest, UpsertContactNeverSendsBlocklistFlagsOrForceMerge) {
  http.Answer(204);
  ASSERT_TRUE(Run(client.UpsertContact(Ann())).ok());
  for (const char* key : {"Blacklisted", "Blacklist", "forceMerge"}) EXPECT_THAT(Sent().body, Not(HasSubstr(key)));
}

TEST_F(ClientTest, UpsertContactWithExtIdSpellsItInSnakeCase) {
  http.Answer(204);
  ContactWrite contact = Ann();
  contact.ext_id = "712020:uuid";
  ASSERT_TRUE(Run(client.UpsertContact(contact)).ok());
  EXPECT_EQ(json::parse(Sent().body)["ext_id"], "712020:uuid");
  EXPECT_FALSE(json::parse(Sent().body).contains("extId"));
}

TEST_F(ClientTest, UpsertContactThatCreatedTellsTheId) {
  http.Answer(201, R"({"id":123})");
  const auto upserted = Run(client.UpsertContact(Ann()));
  ASSERT_TRUE(upserted.ok());
  EXPECT_TRUE(upserted->created);
  EXPECT_EQ(upserted->id, 123);
}

TEST_F(ClientTest, UpsertContactThatUpdatedHasAnEmptyBodyAndSucceeds) {
  http.Answer(204);
  const auto upserted = Run(client.UpsertContact(Ann()));
  ASSERT_TRUE(upserted.ok());
  EXPECT_FALSE(upserted->created);
  EXPECT_FALSE(upserted->id.has_value());
}

TEST_F(ClientTest, UpsertContactWithNullIdSucceedsWithoutOne) {
  http.Answer(201, R"({"id":null})");
  const auto upserted = Run(client.UpsertContact(Ann()));
  ASSERT_TRUE(upserted.ok());
  EXPECT_TRUE(upserted->created);
  EXPECT_FALSE(upserted->id.has_value());
}

TEST_F(ClientTest, UpsertContactClashIsKnownByItsMetadataWhateverTheCode) {
  http.Answer(400, kClash2024);
  http.Answer(400, kClash2026);
  const auto email = Run(client.UpsertContact(Ann())).status();
  EXPECT_EQ(base::ReasonOf(email), v1::BREVO_IDENTIFIER_CLASH);
  EXPECT_THAT(ClashingIdentifiers(email), ElementsAre("email"));
  EXPECT_EQ(RemedyFor(email), Remedy::kDead);
  const auto sms = Run(client.UpsertContact(Ann())).status();
  EXPECT_EQ(base::ReasonOf(sms), v1::BREVO_IDENTIFIER_CLASH);
  EXPECT_THAT(ClashingIdentifiers(sms), ElementsAre("SMS"));
  EXPECT_EQ(RemedyFor(sms), Remedy::kFixAndRetry);
}

TEST_F(ClientTest, UpsertContactClashOfTheOldShapeIsAClash) {
  http.Answer(400, R"({"code":"duplicate_parameter","message":"Contact already exist"})");
  EXPECT_EQ(base::ReasonOf(Run(client.UpsertContact(Ann())).status()), v1::BREVO_IDENTIFIER_CLASH);
}

TEST_F(ClientTest, UpsertContactTooEarlyIsTriedAgain) {
  http.Answer(425, R"({"code":"account_in_process","message":"Too Early"})");
  http.Answer(204);
  EXPECT_TRUE(Run(client.UpsertContact(Ann())).ok());
  EXPECT_EQ(http.sent.size(), 2u);
}

TEST_F(ClientTest, UpsertContactTooEarlyForEverSaysSo) {
  for (int i = 0; i < 4; ++i) http.Answer(425, R"({"code":"account_in_process","message":"Too Early"})");
  const auto status = Run(client.UpsertContact(Ann())).status();
  EXPECT_EQ(base::ReasonOf(status), v1::BREVO_TOO_EARLY);
  EXPECT_EQ(RemedyFor(status), Remedy::kRetry);
  EXPECT_EQ(http.sent.size(), 4u);
}

TEST_F(ClientTest, UpsertContactIsRepeatedWhenTheAnswerWasLost) {
  http.Fail(base::Error(v1::UPSTREAM_AMBIGUOUS, "no answer"));
  http.Answer(503, "<html>");
  http.Answer(204);
  EXPECT_TRUE(Run(client.UpsertContact(Ann())).ok());
  EXPECT_EQ(http.sent.size(), 3u);
}

TEST_F(ClientTest, UpsertContactThatLeavesAListUpdatesByEmail) {
  http.Answer(204);
  ContactWrite contact = Ann();
  contact.unlink_list_ids = {23};
  ASSERT_TRUE(Run(client.UpsertContact(contact)).ok());
  EXPECT_EQ(Sent().method, net::Method::kPut);
  EXPECT_EQ(Sent().url, "https://api.brevo.com/v3/contacts/ann%40example.com?identifierType=email_id");
  EXPECT_EQ(json::parse(Sent().body)["unlinkListIds"], json::parse("[23]"));
}

TEST_F(ClientTest, UpsertContactThatLeavesAListAndDoesNotExistIsCreated) {
  http.Answer(404, R"({"code":"document_not_found","message":"Contact does not exist"})");
  http.Answer(201, R"({"id":5})");
  ContactWrite contact = Ann();
  contact.unlink_list_ids = {23};
  const auto upserted = Run(client.UpsertContact(contact));
  ASSERT_TRUE(upserted.ok());
  EXPECT_TRUE(upserted->created);
  EXPECT_FALSE(json::parse(Sent(1).body).contains("unlinkListIds"));
}

TEST_F(ClientTest, UpsertContactWithoutAnIdentifierIsNotSent) {
  EXPECT_EQ(base::ReasonOf(Run(client.UpsertContact({})).status()), v1::REQUEST_INVALID);
  EXPECT_TRUE(http.sent.empty());
}

TEST_F(ClientTest, UpsertContactWithBrokenAttributeJsonNamesTheAttribute) {
  ContactWrite contact = Ann();
  contact.attributes["LAST_TICKET_KEY"] = "SUP-1";
  const auto status = Run(client.UpsertContact(contact)).status();
  EXPECT_EQ(base::ReasonOf(status), v1::REQUEST_INVALID);
  EXPECT_EQ(base::FieldOf(status), "LAST_TICKET_KEY");
}

TEST_F(ClientTest, UpdateContactPercentEncodesAndNamesTheIdentifiersType) {
  http.Answer(204);
  http.Answer(204);
  ASSERT_TRUE(Run(client.UpdateContact({IdentifierType::kExtId, "712020:a+b"}, Ann())).ok());
  ASSERT_TRUE(Run(client.UpdateContact({IdentifierType::kExtId, "5550123"}, Ann())).ok());
  EXPECT_EQ(Sent(0).url, "https://api.brevo.com/v3/contacts/712020%3Aa%2Bb?identifierType=ext_id");
  EXPECT_EQ(Sent(1).url, "https://api.brevo.com/v3/contacts/5550123?identifierType=ext_id");
}

TEST_F(ClientTest, UpdateContactNeverSendsAnEmailAddress) {
  // A blocklisted contact whose address changes is subscribed again.
  http.Answer(204);
  ASSERT_TRUE(Run(client.UpdateContact({IdentifierType::kContactId, "7"}, Ann())).ok());
  EXPECT_FALSE(json::parse(Sent().body).contains("email"));
  EXPECT_FALSE(json::parse(Sent().body)["attributes"].contains("EMAIL"));
}

TEST_F(ClientTest, GetContactReadsExtIdFromTheAttributes) {
  http.Answer(200, R"({"id":7,"email":"ann@example.com","attributes":{"EXT_ID":"712020:uuid","OPEN":3},
    "listIds":[22],"listUnsubscribed":[23],"emailBlacklisted":true,"modifiedAt":"2026-10-01T12:00:00.000+02:00","statistics":{}})");
  const auto contact = Run(client.GetContact({IdentifierType::kEmail, "ann@example.com"}));
  ASSERT_TRUE(contact.ok());
  EXPECT_EQ(contact->ext_id, "712020:uuid");
  EXPECT_EQ(contact->attributes.at("OPEN"), "3");
  EXPECT_THAT(contact->list_ids, ElementsAre(22));
  EXPECT_THAT(contact->unsubscribed_list_ids, ElementsAre(23));
  EXPECT_TRUE(contact->email_blocklisted);
}

TEST_F(ClientTest, GetContactWithAnHtmlAnswerIsInvalid) {
  http.Answer(200, "<html>");
  EXPECT_EQ(base::ReasonOf(Run(client.GetContact({IdentifierType::kEmail, "a@example.com"})).status()),
            v1::BREVO_RESPONSE_INVALID);
}

TEST_F(ClientTest, ListContactsAsksForAThousandSinceATime) {
  http.Answer(200, R"({"contacts":[{"id":1,"attributes":{}}],"count":1})");
  const auto page = Run(client.ListContacts({1000, 2000, "2026-10-01T12:00:00.000Z", {}}));
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->contacts.size(), 1u);
  EXPECT_THAT(Sent().url, HasSubstr("limit=1000&offset=2000&sort=asc&modifiedSince=2026-10-01T12%3A00%3A00.000Z"));
}

TEST_F(ClientTest, FindContactsFiltersByEquality) {
  http.Answer(200, R"({"contacts":[],"count":0})");
  ASSERT_TRUE(Run(client.FindContacts("JIRA_ACCOUNT_ID", "712020:uuid")).ok());
  EXPECT_THAT(Sent().url, HasSubstr("filter=equals%28JIRA_ACCOUNT_ID%2C%22712020%3Auuid%22%29"));
}

TEST_F(ClientTest, DeleteContactThatIsGoneSucceeds) {
  http.Answer(404, R"({"code":"document_not_found","message":"Contact does not exist"})");
  EXPECT_EQ(*Run(client.DeleteContact({IdentifierType::kEmail, "ann@example.com"})), Deletion::kWasGone);
}

TEST_F(ClientTest, DeleteContactThatWasThereTellsSo) {
  http.Answer(204, "");
  EXPECT_EQ(*Run(client.DeleteContact({IdentifierType::kEmail, "ann@example.com"})), Deletion::kDeleted);
}

TEST_F(ClientTest, DeleteContactOfTheAccountsOwnerExplainsItself) {
  http.Answer(
      405,
      R"({"code":"method_not_allowed","message":"You're not allowed to delete registered email contact with Brevo"})");
  const auto status = Run(client.DeleteContact({IdentifierType::kEmail, "owner@example.com"})).status();
  EXPECT_EQ(base::ReasonOf(status), v1::BREVO_CONTACT_PROTECTED);
  EXPECT_THAT(std::string(status.message()), HasSubstr("owner's own address"));
}

}  // namespace
}  // namespace tajo::brevo
