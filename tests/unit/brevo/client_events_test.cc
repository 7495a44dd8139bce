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

const std::vector<std::string> kThree = {R"({"event_name":"a"})", R"({"event_name":"b"})", R"({"event_name":"c"})"};

TEST_F(ClientTest, SendEventPostsToEvents) {
  http.Answer(204);
  ASSERT_TRUE(Run(client.SendEvent(kThree[0])).ok());
  EXPECT_EQ(Sent().url, "https://api.brevo.com/v3/events");
}

TEST_F(ClientTest, SendEventWhoseAnswerWasLostIsNotRepeated) {
  http.Fail(base::Error(v1::UPSTREAM_AMBIGUOUS, "no answer"));
  const auto status = Run(client.SendEvent(kThree[0]));
  EXPECT_EQ(base::ReasonOf(status), v1::UPSTREAM_AMBIGUOUS);
  EXPECT_FALSE(SurelyNotActed(status));
  EXPECT_EQ(http.sent.size(), 1u);
}

TEST_F(ClientTest, SendEventAnsweredByA500IsNotRepeated) {
  http.Answer(500, R"({"message":"internal"})");
  const auto status = Run(client.SendEvent(kThree[0]));
  EXPECT_EQ(base::ReasonOf(status), v1::BREVO_UNAVAILABLE);
  EXPECT_FALSE(SurelyNotActed(status));
  EXPECT_EQ(http.sent.size(), 1u);
}

TEST_F(ClientTest, SendEventThatWasSurelyNotSentIsRepeated) {
  http.Fail(base::Error(v1::UPSTREAM_UNREACHABLE, "connection refused"));
  http.Answer(429, "", {{"x-sib-ratelimit-reset", "1"}});
  http.Answer(204);
  EXPECT_TRUE(Run(client.SendEvent(kThree[0])).ok());
  EXPECT_EQ(http.sent.size(), 3u);
}

TEST_F(ClientTest, SendEventThatIsRefusedSurelyDidNothing) {
  http.Answer(400, R"({"code":"invalid_parameter","message":"event_name is invalid"})");
  const auto status = Run(client.SendEvent(kThree[0]));
  EXPECT_EQ(base::ReasonOf(status), v1::BREVO_REQUEST_INVALID);
  EXPECT_TRUE(SurelyNotActed(status));
}

TEST_F(ClientTest, SendEventsWrapsThemInAnObject) {
  http.Answer(202, R"({"message":"Batch accepted. Valid events have been added to the processing queue.","count":3})");
  const auto outcome = Run(client.SendEvents(kThree));
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(outcome->accepted, 3u);
  EXPECT_FALSE(outcome->count_differs);
  const json body = json::parse(Sent().body);
  ASSERT_TRUE(body.is_object());
  EXPECT_EQ(body["events"].size(), 3u);
  EXPECT_EQ(governor.acquired.at(0).first, Family::kEventBatches);
}

TEST_F(ClientTest, SendEventsWithASmallerCountIsNotAllAccepted) {
  http.Answer(202, R"({"message":"Batch accepted. Valid events have been added to the processing queue.","count":2})");
  const auto outcome = Run(client.SendEvents(kThree));
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(outcome->accepted, 2u);
  EXPECT_TRUE(outcome->count_differs);
}

TEST_F(ClientTest, SendEventsWithPartialSuccessNamesTheRejected) {
  http.Answer(207, R"({"status":"partial_success","total_events":3,"successful_events":1,"failed_events":2,
    "errors":[{"eventIndex":[0,2],"message":"event_name is invalid"}]})");
  const auto outcome = Run(client.SendEvents(kThree));
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(outcome->accepted, 1u);
  ASSERT_EQ(outcome->rejected.size(), 2u);
  EXPECT_EQ(outcome->rejected[0].index, 0u);
  EXPECT_EQ(outcome->rejected[1].index, 2u);
  EXPECT_EQ(outcome->rejected[1].message, "event_name is invalid");
  EXPECT_FALSE(outcome->count_differs);
}

TEST_F(ClientTest, SendEventsAllRefusedHasTheBatchShapeAndSparesTheGood) {
  http.Answer(400, R"({"status":"error","total_events":3,"successful_events":0,"failed_events":1,
    "errors":[{"eventIndex":[1],"message":"identifiers is required"}]})");
  const auto outcome = Run(client.SendEvents(kThree));
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(outcome->accepted, 0u);
  ASSERT_EQ(outcome->rejected.size(), 1u);
  EXPECT_THAT(outcome->not_taken, ElementsAre(0u, 2u));
}

TEST_F(ClientTest, SendEventsRefusedAsAWholeIsAnError) {
  http.Answer(400, R"({"message":"json: cannot unmarshal array into Go value of type main.unifiedEventsRequest"})");
  const auto status = Run(client.SendEvents(kThree)).status();
  EXPECT_EQ(base::ReasonOf(status), v1::BREVO_REQUEST_INVALID);
  EXPECT_TRUE(SurelyNotActed(status));
}

TEST_F(ClientTest, SendEventsWithIndexesThatWereNotSentIgnoresThem) {
  http.Answer(207, R"({"successful_events":2,"errors":[{"eventIndex":[1,1,7,-1],"message":"m"}]})");
  const auto outcome = Run(client.SendEvents(kThree));
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(outcome->rejected.size(), 1u);
  EXPECT_FALSE(outcome->count_differs);
}

TEST_F(ClientTest, SendEventsWithAnUnreadable202IsAmbiguous) {
  http.Answer(202, "<html>");
  const auto status = Run(client.SendEvents(kThree)).status();
  EXPECT_EQ(base::ReasonOf(status), v1::BREVO_RESPONSE_INVALID);
  EXPECT_FALSE(SurelyNotActed(status));
}

TEST_F(ClientTest, SendEventsBeyondTheBatchsBoundsIsNotSent) {
  EXPECT_FALSE(Run(client.SendEvents(std::vector<std::string>(201, "{}"))).ok());
  EXPECT_FALSE(Run(client.SendEvents(std::vector<std::string>(20, std::string(30'000, 'x')))).ok());
  EXPECT_TRUE(http.sent.empty());
}

TEST_F(ClientTest, GetEventsReadsUidsOfAWindow) {
  http.Answer(200, R"({"events":[{"contact_id":1,"event_name":"jira_issue_created","event_date":"2026-10-01T12:00:00Z",
    "event_properties":{"uid":"u1","issue_key":"SUP-1"}},{"contact_id":2,"event_name":"other"}],"count":2})");
  EventQuery query;
  query.from_ms = 1'790'000'000'000;
  query.to_ms = 1'790'000'060'000;
  query.names = {"jira_issue_created"};
  const auto page = Run(client.GetEvents(query));
  ASSERT_TRUE(page.ok());
  ASSERT_EQ(page->events.size(), 2u);
  EXPECT_EQ(page->events[0].uid, "u1");
  EXPECT_EQ(page->events[1].uid, "");
  EXPECT_THAT(Sent().url, HasSubstr("startDate=2026-09-21T"));
  EXPECT_THAT(Sent().url, HasSubstr("&event_name=jira_issue_created"));
  EXPECT_EQ(governor.acquired.at(0).first, Family::kOther);
}

TEST_F(ClientTest, ImportIsQuietUpdatesAndKeepsWhatIsEmpty) {
  http.Answer(202, R"({"processId":78})");
  const auto id = Run(client.Import(
      {R"({"email":"a@example.com","attributes":{"FIRSTNAME":"A"}})", R"({"email":"b@example.com"})"}, {22}));
  ASSERT_TRUE(id.ok());
  EXPECT_EQ(*id, 78);
  EXPECT_EQ(json::parse(Sent().body), json::parse(R"({"listIds":[22],"updateExistingContacts":true,
    "emptyContactsAttributes":false,"disableNotification":true,
    "jsonBody":[{"email":"a@example.com","attributes":{"FIRSTNAME":"A"}},{"email":"b@example.com"}]})"));
}

TEST_F(ClientTest, ImportWithoutAListIsNotSent) {
  EXPECT_FALSE(Run(client.Import({R"({"email":"a@example.com"})"}, {})).ok());
  EXPECT_TRUE(http.sent.empty());
}

TEST_F(ClientTest, ImportWhoseAnswerWasLostIsNotRepeated) {
  http.Fail(base::Error(v1::UPSTREAM_AMBIGUOUS, "no answer"));
  EXPECT_EQ(base::ReasonOf(Run(client.Import({R"({"email":"a@example.com"})"}, {22})).status()),
            v1::UPSTREAM_AMBIGUOUS);
  EXPECT_EQ(http.sent.size(), 1u);
}

TEST_F(ClientTest, GetProcessCompletedHasTheFilesOfWhatWasNotTaken) {
  http.Answer(200, R"({"id":78,"name":"IMPORTUSER","status":"completed","info":{"import":{
    "invalid_emails":"https://files.example.com/a.csv","duplicate_ext_id":null}}})");
  const auto process = Run(client.GetProcess(78));
  ASSERT_TRUE(process.ok());
  EXPECT_EQ(process->state, ProcessState::kCompleted);
  ASSERT_EQ(process->files.size(), 1u);
  EXPECT_EQ(process->files[0].kind, "invalid_emails");
}

TEST_F(ClientTest, GetProcessInALegacyOrUnknownStateIsReadable) {
  http.Answer(200, R"({"id":78,"name":"OTHER","status":"in_process"})");
  http.Answer(200, R"({"id":78,"name":"OTHER","status":"levitating"})");
  EXPECT_EQ(Run(client.GetProcess(78))->state, ProcessState::kRunning);
  EXPECT_EQ(Run(client.GetProcess(78))->state, ProcessState::kUnknown);
}

TEST_F(ClientTest, RejectedEmailsAreFetchedWithoutTheKey) {
  http.Answer(200, "EMAIL;REASON\r\n\"bad@example\";x\r\nworse@example.org\r\n");
  const auto emails = Run(client.RejectedEmails({"invalid_emails", "https://files.example.com/a.csv"}));
  ASSERT_TRUE(emails.ok());
  EXPECT_THAT(*emails, ElementsAre("bad@example", "worse@example.org"));
  EXPECT_EQ(HeaderSent("api-key"), "");
}

TEST_F(ClientTest, RejectedEmailsOverPlainHttpAreRefused) {
  EXPECT_EQ(base::ReasonOf(Run(client.RejectedEmails({"invalid_emails", "http://files.example.com/a.csv"})).status()),
            v1::UPSTREAM_INSECURE);
  EXPECT_TRUE(http.sent.empty());
}

TEST_F(ClientTest, RejectedEmailsAtAPlaceThatOnlyWeCanReachAreRefused) {
  for (const char* url : {"https://169.254.169.254/latest", "https://[::1]/a.csv", "https://localhost/a.csv",
                          "https://redis/a.csv", "https://vault.internal/a.csv", "https://files.example.com:6379/a.csv",
                          "https://user@files.example.com/a.csv"}) {
    EXPECT_EQ(base::ReasonOf(Run(client.RejectedEmails({"invalid_emails", url})).status()), v1::UPSTREAM_INSECURE)
        << url;
  }
  EXPECT_TRUE(http.sent.empty());
}

TEST(ImportPollDelayTest, ADayOfWaitingStaysFarBelowTheHourlyBucket) {
  std::chrono::seconds waited{0};
  int looks = 0;
  while (waited < std::chrono::hours(1)) waited += ImportPollDelay(looks++, 10);
  EXPECT_LT(looks, 40);
  EXPECT_GE(ImportPollDelay(0, 1), std::chrono::seconds(5));
  EXPECT_LE(ImportPollDelay(0, 10'000'000), std::chrono::seconds(120));
}

}  // namespace
}  // namespace tajo::brevo
