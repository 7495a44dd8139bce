#include "common/net/http_server.h"
#include "tests/integration/brevo_sim/fixture.h"

namespace tajo::brevo_sim {
namespace {

// Takes webhooks, as webhook-ingest does.
class Taker {
 public:
  Taker() {
    auto server =
        net::HttpServer::Start(loops_, {}, [this](const net::ServerRequest& request) { return Take(request); });
    if (!server.ok()) throw std::runtime_error(std::string(server.status().message()));
    server_ = *std::move(server);
  }
  ~Taker() { testing::RunTask(loops_.At(0), server_->Drain(std::chrono::milliseconds(100))); }

  std::string Url() const { return "http://127.0.0.1:" + std::to_string(server_->Port()) + "/webhooks/brevo/c_1"; }
  // Read once the simulator's control call has answered: then all have been sent.
  std::vector<std::pair<std::string, nlohmann::json>> received;

 private:
  base::Task<net::ServerResponse> Take(const net::ServerRequest& request) {
    received.emplace_back(request.Header("Authorization").value_or(""), nlohmann::json::parse(request.Body()));
    net::ServerResponse response;
    response.status = 202;
    co_return response;
  }

  net::LoopPool loops_{1};
  std::unique_ptr<net::HttpServer> server_;
};

class WebhooksTest : public SimulatorTest {
 protected:
  nlohmann::json Request(const std::string& url) {
    return {{"type", "marketing"},
            {"url", url},
            {"events", {"contactDeleted", "unsubscribed"}},
            {"auth", {{"type", "bearer"}, {"token", "t0ken"}}}};
  }
  nlohmann::json List(const std::string& query) {
    return nlohmann::json::parse(Get("/v3/webhooks" + query).body)["webhooks"];
  }
  nlohmann::json Person(const std::string& what, const std::string& email) {
    return nlohmann::json::parse(
        Call(net::Method::kPost, "/_control/contacts/" + what, nlohmann::json{{"email", email}}.dump(), "").body);
  }
};

TEST_F(WebhooksTest, AreListedByType_ChangedAndTakenBack) {
  Start();
  const auto made = Post("/v3/webhooks", Request("https://example.com/a").dump());
  ASSERT_EQ(made.status, 201);
  const int64_t id = nlohmann::json::parse(made.body)["id"];
  EXPECT_TRUE(List("").empty()) << "the default type is transactional";
  ASSERT_EQ(List("?type=marketing").size(), 1u);
  EXPECT_EQ(List("?type=marketing")[0]["auth"]["token"], "t0ken");
  const std::string path = "/v3/webhooks/" + std::to_string(id);
  EXPECT_EQ(Call(net::Method::kPut, path, R"({"auth":{"type":"bearer","token":"next"},"events":["spam"]})").status,
            204);
  EXPECT_EQ(List("?type=marketing")[0]["auth"]["token"], "next");
  EXPECT_EQ(List("?type=marketing")[0]["events"], nlohmann::json::array({"spam"}));
  EXPECT_EQ(List("?type=marketing")[0]["url"], "https://example.com/a");
  EXPECT_EQ(Call(net::Method::kDelete, path).status, 204);
  EXPECT_EQ(Call(net::Method::kDelete, path).status, 404);
  EXPECT_EQ(Call(net::Method::kPut, path, "{}").status, 404);
  EXPECT_EQ(Violations(), 0);
}

TEST_F(WebhooksTest, WrongOnesAreRefused_AndTheSameUrlTwiceIsCounted) {
  Start();
  auto body = Request("https://example.com/a");
  body["events"] = {"contact_deleted"};
  EXPECT_EQ(Post("/v3/webhooks", body.dump()).status, 400);
  body = Request("https://example.com/a");
  body.erase("type");
  EXPECT_EQ(Post("/v3/webhooks", body.dump()).status, 400);
  body = Request("https://example.com/a");
  body["auth"] = {{"type", "bearer"}};
  EXPECT_EQ(Post("/v3/webhooks", body.dump()).status, 400);
  EXPECT_EQ(Violations(), 0);
  EXPECT_EQ(Post("/v3/webhooks", Request("https://example.com/a").dump()).status, 201);
  EXPECT_EQ(Post("/v3/webhooks", Request("https://example.com/a").dump()).status, 201);
  EXPECT_EQ(Violations("webhook_twice"), 1);
}

TEST_F(WebhooksTest, DeletionAndUnsubscription_AreToldWithTheToken) {
  Start();
  Taker taker;
  ASSERT_EQ(Post("/v3/webhooks", Request(taker.Url()).dump()).status, 201);
  ASSERT_EQ(Post("/v3/contacts", R"({"email":"ann@example.com","listIds":[22]})").status, 201);
  EXPECT_EQ(Person("unsubscribe", "ann@example.com")["webhooks"], 1);
  EXPECT_EQ(Person("delete", "ann@example.com")["contacts"], 1);
  EXPECT_EQ(Person("delete", "ann@example.com")["contacts"], 0);
  ASSERT_EQ(taker.received.size(), 2u);
  EXPECT_EQ(taker.received[0].first, "Bearer t0ken");
  EXPECT_EQ(taker.received[0].second["event"], "unsubscribed");
  EXPECT_EQ(taker.received[1].second["event"], "contact_deleted");
  EXPECT_EQ(taker.received[1].second["email"], "ann@example.com");
  EXPECT_EQ(Get("/v3/contacts/ann%40example.com?identifierType=email_id").status, 404);
  EXPECT_EQ(Control("webhooks")["accepted"], 2);
}

}  // namespace
}  // namespace tajo::brevo_sim
