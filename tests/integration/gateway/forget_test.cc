#include "common/store/keys.h"
#include "services/gateway/forgetting.h"
#include "tests/integration/gateway/fixture.h"

namespace tajo::gateway {
namespace {

using Stub = v1::JiraConnector::Stub;

const v1::ForgottenPlace& PlaceOf(const v1::ForgetContactResponse& response, const std::string& name) {
  for (const auto& place : response.places()) {
    if (place.place() == name) return place;
  }
  throw std::runtime_error("no place " + name);
}

v1::ErasureReport Reported(v1::ErasureReport::InBrevo in_brevo) {
  v1::ErasureReport report;
  report.set_in_brevo(in_brevo);
  return report;
}

TEST(ShowForgotten, Each_place_says_what_became_of_it) {
  const auto done = ShowForgotten(Here::kErased, Reported(v1::ErasureReport::DELETED_THERE));
  EXPECT_TRUE(done.erased());
  EXPECT_EQ(PlaceOf(done, "this connector").state(), v1::ForgottenPlace::ERASED);
  EXPECT_EQ(PlaceOf(done, "contact in Brevo").state(), v1::ForgottenPlace::ERASED);
  EXPECT_EQ(PlaceOf(done, "custom events in Brevo's log").state(), v1::ForgottenPlace::NOT_ERASED);
  EXPECT_EQ(PlaceOf(done, "tickets in Jira").state(), v1::ForgottenPlace::NOT_ERASED);
  const auto unknown = ShowForgotten(Here::kNothing, Reported(v1::ErasureReport::WAS_NOT_THERE));
  EXPECT_FALSE(unknown.erased());
  EXPECT_EQ(PlaceOf(unknown, "contact in Brevo").state(), v1::ForgottenPlace::NOT_FOUND);
  const auto owner = ShowForgotten(Here::kErased, Reported(v1::ErasureReport::REFUSED_THERE));
  EXPECT_FALSE(owner.erased());
  EXPECT_EQ(PlaceOf(owner, "contact in Brevo").state(), v1::ForgottenPlace::NOT_ERASED);
  const auto pending = ShowForgotten(Here::kErased, std::nullopt);
  EXPECT_FALSE(pending.erased());
  EXPECT_EQ(PlaceOf(pending, "contact in Brevo").state(), v1::ForgottenPlace::PENDING);
}

// Without a worker nothing reaches Brevo; what is to be done there is kept for one.
TEST_F(GatewayTest, Forgetting_without_a_worker_is_noted_and_says_so) {
  const std::string id = Connected(BasicRequest()).connection().connection_id();
  v1::ForgetContactRequest request;
  request.set_email("ann@example.com");
  v1::ForgetContactResponse response;
  ASSERT_TRUE(Call(&Stub::ForgetContact, request, &response).ok());
  EXPECT_EQ(PlaceOf(response, "contact in Brevo").state(), v1::ForgottenPlace::PENDING);
  EXPECT_FALSE(response.erased());
  EXPECT_EQ(Redis({"XLEN", store::Keys(id).People()}), ":1\r\n");
  EXPECT_EQ(Redis({"SCARD", store::Keys(id).Erased()}), ":1\r\n");
}

TEST_F(GatewayTest, Forgetting_an_account_without_a_worker_erases_nothing_and_says_so) {
  const std::string id = Connected(BasicRequest()).connection().connection_id();
  v1::ForgetContactRequest request;
  request.set_account_id("712020:a");
  v1::ForgetContactResponse response;
  ASSERT_TRUE(Call(&Stub::ForgetContact, request, &response).ok());
  EXPECT_EQ(PlaceOf(response, "this connector").state(), v1::ForgottenPlace::PENDING);
  EXPECT_FALSE(response.erased());
  EXPECT_EQ(Redis({"SCARD", store::Keys(id).Erased()}), ":0\r\n");
}

TEST_F(GatewayTest, Forgetting_wants_one_person_and_may_write) {
  Connected(BasicRequest());
  v1::ForgetContactResponse response;
  v1::ForgetContactRequest request;
  EXPECT_EQ(DetailOf(Call(&Stub::ForgetContact, request, &response)).reason(), v1::REQUEST_INVALID);
  request.set_email("not an address");
  EXPECT_EQ(DetailOf(Call(&Stub::ForgetContact, request, &response)).field(), "email");
  request.set_email("ann@example.com");
  request.set_account_id("712020:a");
  EXPECT_EQ(DetailOf(Call(&Stub::ForgetContact, request, &response)).reason(), v1::REQUEST_INVALID);
  request.clear_account_id();
  EXPECT_EQ(DetailOf(Call(&Stub::ForgetContact, request, &response, "token-a-read")).reason(), v1::PERMISSION_DENIED);
  EXPECT_EQ(DetailOf(Call(&Stub::ForgetContact, request, &response, "token-b")).reason(), v1::CONNECTION_NOT_FOUND);
}

TEST_F(GatewayTest, Disconnecting_takes_the_webhook_out_of_Brevo) {
  const std::string id = Connected(BasicRequest()).connection().connection_id();
  const auto make = [this](const std::string& url) {
    const nlohmann::json body = {{"type", "marketing"}, {"url", url}, {"events", {"contactDeleted"}}};
    EXPECT_EQ(Brevo(net::Method::kPost, "/webhooks", body.dump()).status, 201);
  };
  make("https://hooks.example.com/webhooks/brevo/" + id);
  make("https://elsewhere.example.com/hook");
  v1::DisconnectResponse response;
  ASSERT_TRUE(Call(&Stub::Disconnect, v1::DisconnectRequest(), &response).ok());
  EXPECT_EQ(response.left_behind_size(), 0);
  const auto left = nlohmann::json::parse(Brevo(net::Method::kGet, "/webhooks?type=marketing").body)["webhooks"];
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0]["url"], "https://elsewhere.example.com/hook");
}

}  // namespace
}  // namespace tajo::gateway
