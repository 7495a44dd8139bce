#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <filesystem>
#include <set>

#include "common/net/tls_context.h"
#include "tests/support/http_certs.h"
#include "tests/support/http_nginx.h"
#include "tests/support/http_raw.h"
#include "tests/unit/net/net_fixture.h"

namespace tajo::net {
namespace {

using testing::CertFiles;
using ::testing::HasSubstr;
using testing::NginxServer;
using testing::RawPeer;
using testing::RawServer;
using ::testing::StartsWith;
using testing::TestCa;
using testing::Validity;

ServerOptions With(const CertFiles& files) {
  ServerOptions options;
  options.tls_cert_file = files.cert;
  options.tls_key_file = files.key;
  return options;
}

CurlOptions Trusting(const TestCa& ca) {
  CurlOptions options;
  options.ca_file = ca.CertFile();
  return options;
}

Handler Ok() {
  return Answering([](const ServerRequest& request) { return Text("ok " + request.Remote()); });
}

TEST(Tls, client_that_trusts_the_authority_is_served_on_one_connection) {
  TestCa ca;
  TestServer server(Ok(), With(ca.Issue("server", "IP:127.0.0.1")));
  TestClient client(Trusting(ca));
  std::set<std::string> bodies;
  for (int i = 0; i < 5; ++i) {
    const auto answer = client.Get(server.Url("/", "https"));
    ASSERT_TRUE(answer.ok()) << answer.status();
    bodies.insert(answer->body);
  }
  EXPECT_EQ(bodies.size(), 1u);
}

TEST(Tls, large_bodies_pass_both_ways) {
  TestCa ca;
  TestServer server(Answering([](const ServerRequest& request) { return Text(std::string(request.Body())); }),
                    With(ca.Issue("server", "IP:127.0.0.1")));
  TestClient client(Trusting(ca));
  const std::string body(5'000'000, 'x');
  const auto answer = client.Send(TestClient::Request(Method::kPost, server.Url("/", "https"), body));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_TRUE(answer->body == body);
}

TEST(Tls, certificate_that_cannot_be_trusted_is_refused) {
  TestCa ca;
  TestCa other;
  struct Case {
    const char* what;
    CertFiles files;
    const TestCa& trusted;
  };
  const Case cases[] = {
      {"unknown authority", ca.Issue("server", "IP:127.0.0.1"), other},
      {"another host's", ca.Issue("other", "DNS:other.example.com"), ca},
      {"expired", ca.Issue("expired", "IP:127.0.0.1", Validity::kExpired), ca},
  };
  for (const Case& refused : cases) {
    std::atomic<int> calls{0};
    TestServer server(Answering([&](const ServerRequest&) {
                        ++calls;
                        return Text("");
                      }),
                      With(refused.files));
    TestClient client(Trusting(refused.trusted));
    const auto answer = client.Get(server.Url("/?token=hush", "https"));
    ASSERT_FALSE(answer.ok()) << refused.what;
    EXPECT_EQ(base::ReasonOf(answer.status()), v1::UPSTREAM_TLS_FAILED) << refused.what << answer.status();
    EXPECT_THAT(std::string(answer.status().message()), ::testing::Not(HasSubstr("hush")));
    EXPECT_EQ(calls, 0) << refused.what;
  }
}

TEST(Tls, authority_of_our_own_is_not_trusted_by_default) {
  TestCa ca;
  TestServer server(Ok(), With(ca.Issue("server", "IP:127.0.0.1")));
  TestClient client{CurlOptions{}};
  EXPECT_EQ(base::ReasonOf(client.Get(server.Url("/", "https")).status()), v1::UPSTREAM_TLS_FAILED);
}

TEST(Tls, server_that_speaks_no_tls_is_unreachable) {
  RawServer server([](RawPeer& peer) {
    peer.Send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    peer.ReadToEnd();
  });
  TestClient client;
  const auto answer = client.Get("https://127.0.0.1:" + std::to_string(server.Port()) + "/");
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(base::ReasonOf(answer.status()), v1::UPSTREAM_UNREACHABLE) << answer.status();
}

TEST(Tls, server_closes_on_a_client_that_never_shakes_hands) {
  TestCa ca;
  ServerOptions options = With(ca.Issue("server", "IP:127.0.0.1"));
  options.header_timeout = std::chrono::milliseconds(60);
  TestServer server(Ok(), options);
  RawPeer silent = RawPeer::Connect(server.server->Port());
  EXPECT_EQ(silent.ReadToEnd(), "");
  RawPeer plain = RawPeer::Connect(server.server->Port());
  plain.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(plain.ReadToEnd(), ::testing::Not(HasSubstr("HTTP/1.1")));
}

TEST(Tls, client_without_the_certificate_asked_for_is_not_served) {
  TestCa ca;
  ServerOptions options = With(ca.Issue("server", "IP:127.0.0.1"));
  options.tls_client_ca_file = ca.CertFile();
  std::atomic<int> calls{0};
  TestServer server(Answering([&](const ServerRequest&) {
                      ++calls;
                      return Text("");
                    }),
                    options);
  TestClient client(Trusting(ca));
  EXPECT_FALSE(client.Get(server.Url("/", "https")).ok());
  EXPECT_EQ(calls, 0);
}

TEST(Tls, drain_ends_idle_connections) {
  TestCa ca;
  TestServer server(Ok(), With(ca.Issue("server", "IP:127.0.0.1")));
  TestClient client(Trusting(ca));
  ASSERT_TRUE(client.Get(server.Url("/", "https")).ok());
  const auto begin = std::chrono::steady_clock::now();
  testing::RunTask(server.loops.At(0), server.server->Drain(std::chrono::seconds(10)));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(8));
}

TEST(ReloadingTls, changed_files_are_loaded_and_bad_ones_are_not) {
  using std::chrono::seconds;
  TestCa ca;
  std::vector<bool> reloads;
  ServerOptions options = With(ca.Issue("server", "IP:127.0.0.1"));
  options.on_tls_reload = [&](const absl::Status& status) { reloads.push_back(status.ok()); };
  const auto change = [&](int minutes) {  // file times may be too coarse to differ by themselves
    const auto time = std::filesystem::file_time_type::clock::now() + std::chrono::minutes(minutes);
    std::filesystem::last_write_time(options.tls_cert_file, time);
  };
  ReloadingTls tls(options, *LoadServerTls(options));
  const std::chrono::steady_clock::time_point start{};
  const auto first = tls.Current(start + seconds(10));
  EXPECT_EQ(tls.Current(start + seconds(20)), first);
  EXPECT_TRUE(reloads.empty());

  const std::string key_aside = options.tls_key_file + ".aside";
  std::filesystem::rename(options.tls_key_file, key_aside);
  change(1);
  EXPECT_EQ(tls.Current(start + seconds(30)), first) << "the key isn't there yet";
  std::filesystem::rename(key_aside, options.tls_key_file);
  EXPECT_EQ(tls.Current(start + std::chrono::milliseconds(30'500)), first) << "looked at once a second only";
  const auto second = tls.Current(start + seconds(40));
  EXPECT_NE(second, first);
  EXPECT_EQ(tls.Current(start + seconds(50)), second);
  EXPECT_EQ(reloads, (std::vector<bool>{false, true}));
}

TEST(Http2, requests_at_once_share_one_connection) {
  if (!NginxServer::IsInstalled()) GTEST_SKIP() << "no HTTP/2 server is installed";
  TestCa ca;
  NginxServer nginx(ca.Issue("server", "IP:127.0.0.1"));
  TestClient client(Trusting(ca));
  const std::string url = "https://127.0.0.1:" + std::to_string(nginx.Port()) + "/";
  constexpr int kRequests = 100;
  std::multiset<std::string> bodies;
  std::string failure;
  for (int i = 0; i < kRequests; ++i) {
    // Without a body: this nginx answers before it has read one, and then resets the stream.
    HttpRequest request = TestClient::Request(Method::kGet, url);
    boost::asio::co_spawn(client.context, client.client->Send(std::move(request)),
                          [&, i](const std::exception_ptr&, const absl::StatusOr<HttpResponse>& answer) {
                            if (answer.ok()) bodies.insert(answer->body);
                            if (!answer.ok())
                              failure += std::to_string(i) + ": " + std::string(answer.status().message()) + "\n";
                          });
  }
  client.context.run_for(std::chrono::seconds(20));
  EXPECT_EQ(failure, "");
  ASSERT_EQ(bodies.size(), static_cast<std::size_t>(kRequests));
  EXPECT_THAT(*bodies.begin(), StartsWith("HTTP/2.0 "));
  EXPECT_EQ(*bodies.begin(), *bodies.rbegin());
}

}  // namespace
}  // namespace tajo::net
