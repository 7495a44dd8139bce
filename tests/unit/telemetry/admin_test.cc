#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

#include "common/telemetry/admin_server.h"

namespace tajo::telemetry {
namespace {

class FakeRequest final : public net::ServerRequest {
 public:
  FakeRequest(std::string method, std::string path) : method_(std::move(method)), path_(std::move(path)) {}
  std::string_view Method() const override { return method_; }
  std::string_view Target() const override { return path_; }
  std::string_view Path() const override { return path_; }
  std::string_view Query() const override { return {}; }
  std::string_view Body() const override { return {}; }
  std::optional<std::string_view> Header(std::string_view) const override { return std::nullopt; }
  std::string Remote() const override { return "127.0.0.1:40312"; }

 private:
  std::string method_;
  std::string path_;
};

std::string HeaderOf(const net::ServerResponse& response, std::string_view name) {
  for (const auto& [key, value] : response.headers.Fields()) {
    if (key == name) return value;
  }
  return {};
}

class AdminTest : public ::testing::Test {
 protected:
  net::ServerResponse Ask(std::string path, std::string method = "GET") {
    return AnswerAdmin(FakeRequest(std::move(method), std::move(path)), metrics_, health_);
  }

  Metrics metrics_{"1.2.3"};
  Health health_;
};

TEST_F(AdminTest, metrics_are_in_the_text_exposition_format) {
  const net::ServerResponse response = Ask("/metrics");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(HeaderOf(response, "Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_NE(response.body.find("tajo_build_info{version=\"1.2.3\"} 1\n"), std::string::npos);
}

TEST_F(AdminTest, healthz_while_not_ready_is_200) {
  EXPECT_EQ(Ask("/healthz").status, 200);
  EXPECT_EQ(Ask("/readyz").status, 503);
}

TEST_F(AdminTest, readyz_says_503_with_the_reasons_until_none_is_left) {
  health_.NotReady("redis", "connection refused");
  net::ServerResponse response = Ask("/readyz");
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.body, "redis: connection refused\nstarting\n");
  health_.Ready("starting");
  EXPECT_EQ(Ask("/readyz").body, "redis: connection refused\n");
  health_.Ready("redis");
  response = Ask("/readyz");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "ready\n");
}

TEST_F(AdminTest, other_paths_are_404_and_other_methods_405) {
  EXPECT_EQ(Ask("/").status, 404);
  EXPECT_EQ(Ask("/metrics/").status, 404);
  const net::ServerResponse response = Ask("/metrics", "POST");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(HeaderOf(response, "Allow"), "GET");
}

TEST(Health, condition_set_twice_is_one_and_ready_ends_it) {
  Health health;
  EXPECT_FALSE(health.IsReady());
  health.Ready("starting");
  EXPECT_TRUE(health.IsReady());
  health.NotReady("redis", "first");
  health.NotReady("redis", "second");
  EXPECT_EQ(health.Reasons(), std::vector<std::string>{"redis: second"});
  health.Ready("redis");
  health.Ready("never heard of");
  EXPECT_TRUE(health.IsReady());
}

}  // namespace
}  // namespace tajo::telemetry
