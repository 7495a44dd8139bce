#include <gmock/gmock.h>

#include "tests/integration/brevo_sim/fixture.h"

namespace tajo::brevo_sim {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class Contacts : public SimulatorTest {
 protected:
  void SetUp() override {
    Options options;
    options.plan = Plan::kOff;
    Start(options);
  }
  net::HttpResponse Put(const std::string& path, const std::string& body) {
    return Call(net::Method::kPut, path, body);
  }
  net::HttpResponse Delete(const std::string& path) { return Call(net::Method::kDelete, path); }
};

TEST_F(Contacts, NoKeyAndAWrongKeyHaveBrevosTwoAnswers) {
  const auto none = Call(net::Method::kGet, "/v3/account", "", "");
  EXPECT_EQ(none.status, 401);
  EXPECT_EQ(json::parse(none.body)["message"], "authentication not found in headers");
  const auto wrong = Call(net::Method::kGet, "/v3/account", "", "xsmtpsib-1");
  EXPECT_EQ(wrong.status, 401);
  EXPECT_EQ(json::parse(wrong.body), json::parse(R"({"code":"unauthorized","message":"Key not found"})"));
}

TEST_F(Contacts, CreatingAnswers201AndUpdatingAnEmpty204) {
  const auto created = Post("/v3/contacts", R"({"email":"a@example.com","updateEnabled":true,"listIds":[22]})");
  EXPECT_EQ(created.status, 201);
  EXPECT_EQ(json::parse(created.body), json::parse(R"({"id":1})"));
  const auto updated = Post("/v3/contacts", R"({"email":"A@example.com","updateEnabled":true})");
  EXPECT_EQ(updated.status, 204);
  EXPECT_EQ(updated.body, "");
  EXPECT_EQ(Violations(), 0);
}

TEST_F(Contacts, CreatingTwiceWithoutUpdateEnabledIsADuplicate) {
  Post("/v3/contacts", R"({"email":"a@example.com"})");
  const auto again = Post("/v3/contacts", R"({"email":"a@example.com"})");
  EXPECT_EQ(again.status, 400);
  EXPECT_EQ(json::parse(again.body)["metadata"]["duplicate_identifiers"], json::parse(R"(["email"])"));
}

TEST_F(Contacts, AnIdentifierOfSomebodyElseClashes) {
  Post("/v3/contacts", R"({"email":"a@example.com","attributes":{"SMS":"+33612345678"}})");
  const auto clash = Post("/v3/contacts", R"({"email":"b@example.com","updateEnabled":true})");
  EXPECT_EQ(clash.status, 201);
  const auto sms =
      Put("/v3/contacts/b%40example.com?identifierType=email_id", R"({"attributes":{"SMS":"0033612345678"}})");
  EXPECT_EQ(sms.status, 400);
  EXPECT_EQ(json::parse(sms.body)["metadata"]["duplicate_identifiers"], json::parse(R"(["SMS"])"));
}

TEST_F(Contacts, UnknownKeysAndAttributesAreTakenAndCounted) {
  EXPECT_EQ(Post("/v3/contacts", R"({"email":"a@example.com","extId":"1","attributes":{"NOWHERE":1}})").status, 201);
  EXPECT_EQ(Violations("unknown_key"), 1);
  EXPECT_EQ(Violations("unknown_attribute"), 1);
}

TEST_F(Contacts, BlocklistFlagsAndForceMergeAreCounted) {
  Post("/v3/contacts", R"({"email":"a@example.com","emailBlacklisted":false,"forceMerge":true})");
  EXPECT_EQ(Violations("blocklist_flag_sent"), 1);
  EXPECT_EQ(Violations("force_merge"), 1);
}

TEST_F(Contacts, AnotherAddressSubscribesABlocklistedContactAgain) {
  Post("/v3/contacts", R"({"email":"a@example.com"})");
  Post("/_control/contacts/unsubscribe", R"({"email":"a@example.com"})");
  ASSERT_EQ(Control("truth?email=a@example.com")["contact"]["emailBlacklisted"], true);
  Put("/v3/contacts/a%40example.com?identifierType=email_id", R"({"attributes":{"FIRSTNAME":"A"}})");
  EXPECT_EQ(Violations("subscribed_again"), 0);
  Put("/v3/contacts/a%40example.com?identifierType=email_id", R"({"attributes":{"EMAIL":"b@example.com"}})");
  EXPECT_EQ(Control("truth?email=b@example.com")["contact"]["emailBlacklisted"], false);
  EXPECT_EQ(Violations("subscribed_again"), 1);
}

TEST_F(Contacts, ValuesOfAWrongTypeAreDroppedAndCounted) {
  Post("/v3/contacts/attributes/normal/OPEN", R"({"type":"float"})");
  Post("/v3/contacts/attributes/normal/SINCE", R"({"type":"date"})");
  Post("/v3/contacts", R"({"email":"a@example.com","attributes":{"OPEN":"3","SINCE":"2026-10-01T12:00:00Z"}})");
  EXPECT_EQ(Violations("attribute_type"), 1);
  EXPECT_EQ(Violations("attribute_date_format"), 1);
  Post("/v3/contacts",
       R"({"email":"a@example.com","updateEnabled":true,"attributes":{"OPEN":3,"SINCE":"2026-10-01"}})");
  const json contact = Control("truth?email=a@example.com")["contact"];
  EXPECT_EQ(contact["attributes"], json::parse(R"({"OPEN":3,"SINCE":"2026-10-01"})"));
}

TEST_F(Contacts, AnEmptyStringClearsAnAttribute) {
  Post("/v3/contacts", R"({"email":"a@example.com","attributes":{"FIRSTNAME":"A"}})");
  Post("/v3/contacts", R"({"email":"a@example.com","updateEnabled":true,"attributes":{"FIRSTNAME":""}})");
  EXPECT_TRUE(Control("truth?email=a@example.com")["contact"]["attributes"].empty());
}

TEST_F(Contacts, ThereIsNoIntegerAttribute) {
  EXPECT_EQ(Post("/v3/contacts/attributes/normal/OPEN", R"({"type":"integer"})").status, 400);
  EXPECT_EQ(Post("/v3/contacts/attributes/normal/OPEN", R"({"type":"float"})").status, 201);
  const auto again = Post("/v3/contacts/attributes/normal/OPEN", R"({"type":"float"})");
  EXPECT_EQ(again.status, 400);
  EXPECT_EQ(json::parse(again.body)["message"], "Attribute name must be unique");
}

TEST_F(Contacts, ABadPhoneNumberIsRefused) {
  const auto refused = Post("/v3/contacts", R"({"email":"a@example.com","attributes":{"SMS":"call me"}})");
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(json::parse(refused.body)["message"], "Invalid phone number");
}

TEST_F(Contacts, AnAllDigitExtIdWithoutItsTypeIsAnotherPerson) {
  Post("/v3/contacts", R"({"email":"first@example.com"})");
  Post("/v3/contacts", R"({"email":"second@example.com","ext_id":"1"})");
  EXPECT_EQ(json::parse(Get("/v3/contacts/1").body)["email"], "first@example.com");
  EXPECT_EQ(Violations("identifier_type_missing"), 1);
  EXPECT_EQ(json::parse(Get("/v3/contacts/1?identifierType=ext_id").body)["email"], "second@example.com");
}

TEST_F(Contacts, AnIdentifierThatIsNotEncodedIsCounted) {
  Post("/v3/contacts", R"({"email":"a@example.com"})");
  EXPECT_EQ(Get("/v3/contacts/a@example.com?identifierType=email_id").status, 200);
  EXPECT_EQ(Violations("identifier_not_encoded"), 1);
}

TEST_F(Contacts, DeletingAnswers204Then404AndNeverTheOwner) {
  Post("/v3/contacts", R"({"email":"a@example.com"})");
  Post("/v3/contacts", R"({"email":"owner@example.com"})");
  EXPECT_EQ(Delete("/v3/contacts/a%40example.com?identifierType=email_id").status, 204);
  EXPECT_EQ(Delete("/v3/contacts/a%40example.com?identifierType=email_id").status, 404);
  EXPECT_EQ(Delete("/v3/contacts/owner%40example.com?identifierType=email_id").status, 405);
}

TEST_F(Contacts, ListsAddAndRemoveWithBrevosMisleading400) {
  Post("/v3/contacts", R"({"email":"a@example.com"})");
  const auto added = Post("/v3/contacts/lists/22/contacts/add", R"({"emails":["a@example.com","x@example.com"]})");
  EXPECT_EQ(added.status, 201);
  EXPECT_EQ(json::parse(added.body)["contacts"]["failure"], json::parse(R"(["x@example.com"])"));
  const auto again = Post("/v3/contacts/lists/22/contacts/add", R"({"emails":["a@example.com"]})");
  EXPECT_EQ(again.status, 400);
  EXPECT_EQ(json::parse(again.body)["message"], "Contact already in list and/or does not exist");
  EXPECT_EQ(Post("/v3/contacts/lists/99/contacts/add", R"({"emails":["a@example.com"]})").status, 404);
  EXPECT_EQ(Post("/v3/contacts/lists/22/contacts/remove", R"({"emails":["a@example.com"]})").status, 201);
}

TEST_F(Contacts, ContactsArePagedAndFiltered) {
  for (int i = 0; i < 5; ++i) {
    Post("/v3/contacts", R"({"email":"c)" + std::to_string(i) + R"(@example.com","attributes":{"FIRSTNAME":"N)" +
                             std::to_string(i) + R"("}})");
  }
  const json page = json::parse(Get("/v3/contacts?limit=2&offset=1&sort=asc").body);
  EXPECT_EQ(page["count"], 5);
  EXPECT_EQ(page["contacts"][0]["email"], "c1@example.com");
  EXPECT_EQ(json::parse(Get("/v3/contacts?filter=equals%28FIRSTNAME%2C%22N3%22%29").body)["contacts"][0]["id"], 4);
  EXPECT_EQ(Get("/v3/contacts?limit=1001").status, 400);
}

TEST_F(Contacts, TheBatchEndpointIsGone) {
  EXPECT_EQ(Post("/v3/contacts/batch", R"({"contacts":[]})").status, 410);
  EXPECT_EQ(Violations("contacts_batch"), 1);
}

TEST_F(Contacts, AnUnknownListIsRefused) {
  const auto refused = Post("/v3/contacts", R"({"email":"a@example.com","listIds":[99]})");
  EXPECT_EQ(refused.status, 400);
  EXPECT_THAT(refused.body, HasSubstr("List"));
}

}  // namespace
}  // namespace tajo::brevo_sim
