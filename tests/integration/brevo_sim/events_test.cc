#include <gmock/gmock.h>

#include "tests/integration/brevo_sim/fixture.h"

namespace tajo::brevo_sim {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

std::string Event(const std::string& name, const std::string& uid, const std::string& email = "a@example.com") {
  return R"({"event_name":")" + name + R"(","identifiers":{"email_id":")" + email +
         R"("},"event_properties":{"uid":")" + uid + R"("}})";
}

class Events : public SimulatorTest {
 protected:
  void Begin(Options options = {}) {
    options.plan = Plan::kOff;
    Start(options);
    Post("/v3/contacts", R"({"email":"a@example.com"})");
  }
};

TEST_F(Events, OneEventAnswers204AndIsRemembered) {
  Begin();
  EXPECT_EQ(Post("/v3/events", Event("jira_issue_created", "u1")).status, 204);
  const json page = json::parse(Get("/v3/events?limit=10").body);
  EXPECT_EQ(page["count"], 1);
  EXPECT_EQ(page["events"][0]["event_properties"]["uid"], "u1");
  EXPECT_EQ(Violations(), 0);
}

TEST_F(Events, AnEventForNobodyIsAcceptedLostAndCounted) {
  Begin();
  EXPECT_EQ(Post("/v3/events", Event("jira_issue_created", "u1", "x@example.com")).status, 204);
  EXPECT_EQ(Control("truth")["events"], 0);
  EXPECT_EQ(Control("truth")["lost_events"], 1);
  EXPECT_EQ(Violations("event_for_unknown_contact"), 1);
}

TEST_F(Events, TheSameUidTwiceIsSeenAsADuplicate) {
  Begin();
  Post("/v3/events", Event("jira_issue_created", "u1"));
  Post("/v3/events", Event("jira_issue_created", "u1"));
  EXPECT_EQ(Control("truth")["distinct_uids"], 1);
  EXPECT_EQ(Control("truth")["duplicate_uids"], 1);
}

TEST_F(Events, NativeJiraNamesAreRefused) {
  Begin();
  EXPECT_EQ(Post("/v3/events", Event("jira:issue_updated", "u1")).status, 400);
  EXPECT_EQ(Violations("event_refused"), 1);
}

TEST_F(Events, ABareArrayIsRefusedInGosWords) {
  Begin();
  const auto refused = Post("/v3/events/batch", "[" + Event("a", "u1") + "]");
  EXPECT_EQ(refused.status, 400);
  EXPECT_THAT(refused.body, HasSubstr("cannot unmarshal array"));
  EXPECT_EQ(Violations("event_batch_array"), 1);
}

TEST_F(Events, ABatchAnswers202WithItsCount) {
  Begin();
  const auto taken = Post("/v3/events/batch", R"({"events":[)" + Event("a", "u1") + "," + Event("b", "u2") + "]}");
  EXPECT_EQ(taken.status, 202);
  EXPECT_EQ(json::parse(taken.body)["count"], 2);
}

TEST_F(Events, ABatchWithABadEventAnswers207ByIndex) {
  Begin();
  const auto partial = Post("/v3/events/batch", R"({"events":[)" + Event("a", "u1") + "," + Event("b c", "u2") + "]}");
  EXPECT_EQ(partial.status, 207);
  EXPECT_EQ(json::parse(partial.body)["errors"][0]["eventIndex"], json::parse("[1]"));
  EXPECT_EQ(Control("truth")["events"], 1);
}

TEST_F(Events, ABatchWithABadEventCanAnswerOnlyASmallerCount) {
  Options options;
  options.partial_batch = PartialBatch::k202;
  Begin(options);
  const auto partial = Post("/v3/events/batch", R"({"events":[)" + Event("a", "u1") + "," + Event("b c", "u2") + "]}");
  EXPECT_EQ(partial.status, 202);
  EXPECT_EQ(json::parse(partial.body)["count"], 1);
}

TEST_F(Events, ABatchOfBadEventsAnswers400InTheBatchsShape) {
  Begin();
  const auto refused = Post("/v3/events/batch", R"({"events":[)" + Event("b c", "u2") + "]}");
  EXPECT_EQ(refused.status, 400);
  EXPECT_TRUE(json::parse(refused.body).contains("errors"));
  EXPECT_FALSE(json::parse(refused.body).contains("code"));
}

TEST_F(Events, MoreThan200EventsOr512KilobytesAreRefused) {
  Begin();
  std::string many = Event("a", "u");
  for (int i = 0; i < 200; ++i) many += "," + Event("a", "u");
  EXPECT_EQ(Post("/v3/events/batch", R"({"events":[)" + many + "]}").status, 400);
  EXPECT_EQ(Violations("event_batch_count"), 1);
  EXPECT_EQ(Post("/v3/events/batch", std::string(513'000, ' ')).status, 400);
  EXPECT_EQ(Violations("event_batch_bytes"), 1);
}

TEST_F(Events, LatencyIsTheTimeFromTheEventsDateToItsAcceptance) {
  Begin();
  const auto date = base::ToMillis(clock_.Now());
  clock_.Advance(std::chrono::milliseconds(1500));
  Post("/v3/events",
       R"({"event_name":"a","identifiers":{"email_id":"a@example.com"},"event_properties":{"changed_at":)" +
           std::to_string(date) + "}}");
  const json latency = Control("latency");
  EXPECT_EQ(latency["count"], 1);
  EXPECT_EQ(latency["p50_ms"], 1500);
}

class Imports : public SimulatorTest {
 protected:
  void SetUp() override {
    Options options;
    options.plan = Plan::kOff;
    options.import_delay_ms = 1000;
    Start(options);
  }
};

constexpr char kImport[] =
    R"({"listIds":[22],"disableNotification":true,"jsonBody":[{"email":"a@example.com","attributes":{"FIRSTNAME":"A"}},{"email":"bad"}]})";

TEST_F(Imports, AnImportIsProcessedLaterAndNamesWhatItLeftOut) {
  const auto accepted = Post("/v3/contacts/import", kImport);
  EXPECT_EQ(accepted.status, 202);
  EXPECT_EQ(json::parse(accepted.body), json::parse(R"({"processId":78})"));
  EXPECT_EQ(json::parse(Get("/v3/processes/78").body)["status"], "processing");
  EXPECT_EQ(Control("truth")["contacts"], 0);
  clock_.Advance(std::chrono::seconds(5));
  const json process = json::parse(Get("/v3/processes/78").body);
  EXPECT_EQ(process["status"], "completed");
  EXPECT_EQ(process["name"], "IMPORTUSER");
  EXPECT_TRUE(process["info"]["import"]["duplicate_ext_id"].is_null());
  const std::string url = process["info"]["import"]["invalid_emails"];
  EXPECT_EQ(Call(net::Method::kGet, url.substr(simulator_->Url().size()), "", "").body, "EMAIL\nbad\n");
  EXPECT_EQ(Control("truth")["lists"]["22"], 1);
  EXPECT_EQ(Violations(), 0);
}

TEST_F(Imports, AnImportBesideAnotherIsCounted) {
  Post("/v3/contacts/import", kImport);
  Post("/v3/contacts/import", kImport);
  EXPECT_EQ(Violations("import_parallel"), 1);
}

TEST_F(Imports, AnImportThatMailsTheOwnerIsCounted) {
  Post("/v3/contacts/import", R"({"listIds":[22],"jsonBody":[{"email":"a@example.com"}]})");
  EXPECT_EQ(Violations("import_notification"), 1);
}

TEST_F(Imports, AnImportWithoutAListIsRefused) {
  EXPECT_EQ(
      Post("/v3/contacts/import", R"({"disableNotification":true,"jsonBody":[{"email":"a@example.com"}]})").status,
      400);
}

TEST_F(Imports, LookingAtAProcessTwiceInASecondIsCounted) {
  Post("/v3/contacts/import", kImport);
  Get("/v3/processes/78");
  clock_.Advance(std::chrono::seconds(1));
  Get("/v3/processes/78");
  EXPECT_EQ(Violations("process_polled_too_often"), 1);
}

TEST_F(Imports, ARowWithTwoIdentifiersMergesContactsSilently) {
  Post("/v3/contacts", R"({"email":"a@example.com"})");
  Post("/v3/contacts", R"({"ext_id":"e1"})");
  Post(
      "/v3/contacts/import",
      R"({"listIds":[22],"disableNotification":true,"jsonBody":[{"email":"a@example.com","attributes":{"EXT_ID":"e1"}}]})");
  clock_.Advance(std::chrono::seconds(5));
  EXPECT_EQ(Control("truth")["contacts"], 1);
  EXPECT_EQ(Violations("import_two_identifiers"), 1);
}

TEST_F(Imports, BooleansAreNotImported) {
  Post(
      "/v3/contacts/import",
      R"({"listIds":[22],"disableNotification":true,"jsonBody":[{"email":"a@example.com","attributes":{"OPT_IN":true}}]})");
  clock_.Advance(std::chrono::seconds(5));
  EXPECT_TRUE(Control("truth?email=a@example.com")["contact"]["attributes"].empty());
  EXPECT_EQ(Violations("import_boolean"), 1);
}

}  // namespace
}  // namespace tajo::brevo_sim
