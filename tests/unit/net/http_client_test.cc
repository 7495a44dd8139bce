#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <set>

#include "tests/support/http_raw.h"
#include "tests/unit/net/net_fixture.h"

namespace tajo::net {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::RawPeer;
using testing::RawServer;

constexpr char kOk[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

// "POST /path\nname=value of the headers asked for\nbody"
ServerResponse Echo(const ServerRequest& request) {
  std::string text = std::string(request.Method()) + " " + std::string(request.Target());
  for (const char* name : {"user-agent", "content-type", "content-length", "x-test", "expect", "accept-encoding"}) {
    if (const auto value = request.Header(name)) text += "\n" + std::string(name) + "=" + std::string(*value);
  }
  return Text(text + "\n" + std::string(request.Body()));
}

// Runs the context, as RunTask does, until `ready`.
template <class Predicate>
bool RunUntil(boost::asio::io_context& context, Predicate ready) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!ready() && std::chrono::steady_clock::now() < end) {
    if (context.stopped()) context.restart();
    context.run_one_for(milliseconds(5));
  }
  return ready();
}

TEST(HttpClient, each_method_sends_its_name_and_body) {
  TestServer server(Answering(Echo));
  TestClient client;
  const auto send = [&](Method method, std::string body) {
    return client.Send(TestClient::Request(method, server.Url("/a?b=c"), std::move(body)))->body;
  };
  const std::string agent = "\nuser-agent=tajo-jira/0.1.0";
  EXPECT_EQ(send(Method::kGet, ""), "GET /a?b=c" + agent + "\naccept-encoding=gzip\n");
  EXPECT_EQ(send(Method::kPost, "{}"), "POST /a?b=c" + agent + "\ncontent-length=2\naccept-encoding=gzip\n{}");
  EXPECT_EQ(send(Method::kPost, ""), "POST /a?b=c" + agent + "\ncontent-length=0\naccept-encoding=gzip\n");
  EXPECT_EQ(send(Method::kPut, "x"), "PUT /a?b=c" + agent + "\ncontent-length=1\naccept-encoding=gzip\nx");
  EXPECT_EQ(send(Method::kPatch, "x"), "PATCH /a?b=c" + agent + "\ncontent-length=1\naccept-encoding=gzip\nx");
  EXPECT_EQ(send(Method::kDelete, ""), "DELETE /a?b=c" + agent + "\naccept-encoding=gzip\n");
  EXPECT_EQ(send(Method::kDelete, "x"), "DELETE /a?b=c" + agent + "\ncontent-length=1\naccept-encoding=gzip\nx");
}

TEST(HttpClient, request_headers_arrive_and_none_is_made_up) {
  TestServer server(Answering(Echo));
  TestClient client;
  HttpRequest request = TestClient::Request(Method::kPost, server.Url("/"), std::string(200'000, 'x'));
  request.headers.Add("X-Test", "a b");
  request.headers.Add("Content-Type", "application/json");
  const auto response = client.Send(std::move(request));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_THAT(response->body, HasSubstr("\nx-test=a b\n"));
  EXPECT_THAT(response->body, HasSubstr("\ncontent-type=application/json\n"));
  EXPECT_THAT(response->body, Not(HasSubstr("expect=")));
}

TEST(HttpClient, body_of_any_size_arrives_whole) {
  TestServer server(Answering([](const ServerRequest& request) { return Text(std::string(request.Body())); }));
  TestClient client;
  for (const std::size_t size : {std::size_t{0}, std::size_t{5}, std::size_t{3'000'000}}) {
    HttpRequest request = TestClient::Request(Method::kPost, server.Url("/"), std::string(size, 'e'));
    const auto response = client.Send(std::move(request));
    ASSERT_TRUE(response.ok()) << response.status();
    EXPECT_EQ(response->body.size(), size);
  }
}

TEST(HttpClient, response_headers_are_found_without_regard_to_case) {
  TestServer server(Answering([](const ServerRequest&) {
    ServerResponse response = Text("slow down", 429);
    response.headers.Add("Retry-After", "7");
    response.headers.Add("X-Empty", "");
    return response;
  }));
  TestClient client;
  const auto response = client.Get(server.Url("/"));
  ASSERT_TRUE(response.ok());
  EXPECT_EQ(response->status, 429);
  EXPECT_EQ(response->headers.Find("retry-after"), "7");
  EXPECT_EQ(response->headers.Find("x-empty"), "");
  EXPECT_EQ(response->headers.Find("absent"), std::nullopt);
}

TEST(HttpClient, interim_answer_is_skipped) {
  RawServer server([](RawPeer& peer) {
    peer.ReadMessage();
    peer.Send("HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok");
  });
  TestClient client;
  const auto response = client.Get(server.Url("/"));
  ASSERT_TRUE(response.ok());
  EXPECT_EQ(response->status, 201);
  EXPECT_EQ(response->headers.Find("x-early"), std::nullopt);
}

TEST(HttpClient, gzip_body_is_unpacked) {
  // printf hello | gzip -n
  static constexpr unsigned char kHello[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                                             0x03, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x86,
                                             0xa6, 0x10, 0x36, 0x05, 0x00, 0x00, 0x00};
  RawServer server([](RawPeer& peer) {
    peer.ReadMessage();
    peer.Send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 25\r\n\r\n");
    peer.Send(std::string_view(reinterpret_cast<const char*>(kHello), sizeof(kHello)));
  });
  TestClient client;
  const auto response = client.Get(server.Url("/"));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->body, "hello");
}

TEST(HttpClient, redirect_is_an_answer) {
  RawServer server([](RawPeer& peer) {
    peer.ReadMessage();
    peer.Send("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
  });
  TestClient client;
  const auto response = client.Get(server.Url("/"));
  ASSERT_TRUE(response.ok());
  EXPECT_EQ(response->status, 302);
  EXPECT_EQ(response->headers.Find("location"), "http://127.0.0.1:1/");
}

TEST(HttpClient, requests_in_turn_share_a_connection) {
  TestServer server(Answering([](const ServerRequest& request) { return Text(request.Remote()); }));
  TestClient client;
  std::set<std::string> remotes;
  for (int i = 0; i < 20; ++i) remotes.insert(client.Get(server.Url("/"))->body);
  EXPECT_EQ(remotes.size(), 1u);
}

// Sends `count` requests at once and gives their answers.
std::vector<absl::StatusOr<HttpResponse>> SendAll(TestClient& client, const std::string& url, int count) {
  std::vector<absl::StatusOr<HttpResponse>> answers;
  for (int i = 0; i < count; ++i) {
    HttpRequest request = TestClient::Request(Method::kPost, url + std::to_string(i), std::to_string(i));
    boost::asio::co_spawn(client.context, client.client->Send(std::move(request)),
                          [&answers](const std::exception_ptr&, absl::StatusOr<HttpResponse> answer) {
                            answers.push_back(std::move(answer));
                          });
  }
  RunUntil(client.context, [&] { return answers.size() == static_cast<std::size_t>(count); });
  return answers;
}

TEST(HttpClient, two_hundred_requests_at_once_each_get_their_own_answer) {
  TestServer server(Answering([](const ServerRequest& request) { return Text(std::string(request.Body())); }), {}, 2);
  TestClient client;
  std::set<std::string> bodies;
  for (const auto& answer : SendAll(client, server.Url("/"), 200)) {
    ASSERT_TRUE(answer.ok()) << answer.status();
    bodies.insert(answer->body);
  }
  EXPECT_EQ(bodies.size(), 200u);
}

TEST(HttpClient, connections_to_a_host_stay_within_the_limit) {
  TestServer server(Answering([](const ServerRequest& request) { return Text(request.Remote()); }));
  CurlOptions options = Insecure();
  options.max_connections_per_host = 3;
  TestClient client(options);
  std::set<std::string> remotes;
  for (const auto& answer : SendAll(client, server.Url("/"), 60)) {
    ASSERT_TRUE(answer.ok()) << answer.status();
    remotes.insert(answer->body);
  }
  EXPECT_LE(remotes.size(), 3u);
}

TEST(HttpClient, time_spent_waiting_for_a_connection_counts_and_nothing_was_sent) {
  RawServer server([](RawPeer& peer) {
    peer.ReadMessage();
    peer.ReadToEnd();  // never answers
  });
  CurlOptions options = Insecure();
  options.max_connections_per_host = 1;
  TestClient client(options);
  std::vector<v1::ErrorReason> reasons;
  for (const milliseconds timeout : {milliseconds(1'500), milliseconds(150)}) {
    HttpRequest request = TestClient::Request(Method::kPost, server.Url("/"), "body");
    request.timeout = timeout;
    boost::asio::co_spawn(client.context, client.client->Send(std::move(request)),
                          [&reasons](const std::exception_ptr&, const absl::StatusOr<HttpResponse>& answer) {
                            reasons.push_back(base::ReasonOf(answer.status()));
                          });
  }
  RunUntil(client.context, [&] { return reasons.size() == 2; });
  EXPECT_THAT(reasons, ::testing::ElementsAre(v1::UPSTREAM_UNREACHABLE, v1::UPSTREAM_AMBIGUOUS));
}

// A server that answers a connection's first request, and reads its second and closes.
struct ClosingServer {
  std::atomic<int> seen{0};
  RawServer server{[this](RawPeer& peer) {
    if (peer.ReadMessage().empty()) return;
    if (seen++ > 0 && server.Connections() > 1) return;  // a re-send on a connection of its own
    peer.Send(kOk);
    if (!peer.ReadMessage().empty()) ++seen;
  }};
};

// Curl would send it again by itself: a second campaign or event, or a call that no limit knows of.
TEST(HttpClient, request_on_a_reused_connection_that_closes_is_sent_once) {
  for (const auto& [method, body] : {std::pair(Method::kPost, "second"), std::pair(Method::kPost, ""),
                                     std::pair(Method::kGet, ""), std::pair(Method::kDelete, "")}) {
    ClosingServer closing;
    TestClient client;
    ASSERT_TRUE(client.Send(TestClient::Request(Method::kPost, closing.server.Url("/"), "first")).ok());
    const auto answer = client.Send(TestClient::Request(method, closing.server.Url("/"), body));
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(base::ReasonOf(answer.status()), v1::UPSTREAM_AMBIGUOUS) << answer.status();
    EXPECT_EQ(closing.seen, 2);
  }
}

TEST(HttpClient, address_within_this_network_is_refused_before_anything_is_sent) {
  ClosingServer closing;
  CurlOptions options = Insecure();
  options.public_only = true;
  TestClient client(options);
  const auto answer = client.Get(closing.server.Url("/"));
  EXPECT_EQ(base::ReasonOf(answer.status()), v1::UPSTREAM_INSECURE) << answer.status();
  EXPECT_EQ(closing.seen, 0);
}

TEST(HttpClient, connect_refused_is_unreachable) {
  TestClient client;
  const auto answer = client.Get("http://127.0.0.1:" + std::to_string(testing::ClosedPort()) + "/a?token=hush");
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(base::ReasonOf(answer.status()), v1::UPSTREAM_UNREACHABLE);
  const std::string message(answer.status().message());
  EXPECT_THAT(message, HasSubstr("http://127.0.0.1:"));
  EXPECT_THAT(message, Not(HasSubstr("hush")));
}

TEST(HttpClient, connect_that_hangs_is_unreachable_after_its_time) {
  testing::FullListener full;
  CurlOptions options = Insecure();
  options.connect_timeout = milliseconds(100);
  TestClient client(options);
  const auto answer = client.Get("http://127.0.0.1:" + std::to_string(full.Port()) + "/");
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(base::ReasonOf(answer.status()), v1::UPSTREAM_UNREACHABLE);
}

TEST(HttpClient, name_that_does_not_resolve_is_unreachable) {
  TestClient client;
  const auto answer = client.Get("http://" + std::string(70, 'a') + ".invalid/");
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(base::ReasonOf(answer.status()), v1::UPSTREAM_UNREACHABLE);
}

TEST(HttpClient, no_answer_in_time_is_ambiguous) {
  RawServer server([](RawPeer& peer) { peer.ReadToEnd(); });
  TestClient client;
  HttpRequest request = TestClient::Request(Method::kPost, server.Url("/secret?token=hush"), "private");
  request.timeout = milliseconds(100);
  const auto answer = client.Send(std::move(request));
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(base::ReasonOf(answer.status()), v1::UPSTREAM_AMBIGUOUS);
  const std::string message(answer.status().message());
  EXPECT_THAT(message, HasSubstr("http://127.0.0.1:"));
  EXPECT_THAT(message, Not(HasSubstr("secret")));
  EXPECT_THAT(message, Not(HasSubstr("hush")));
  EXPECT_THAT(message, Not(HasSubstr("private")));
}

// What a server does after it read a whole request, other than answer it.
struct Fault {
  const char* name;
  std::function<void(RawPeer&)> act;
};
class HttpClientFault : public ::testing::TestWithParam<Fault> {};

TEST_P(HttpClientFault, after_the_request_was_sent_is_ambiguous) {
  RawServer server([](RawPeer& peer) {
    peer.ReadMessage();
    GetParam().act(peer);
  });
  TestClient client;
  HttpRequest request = TestClient::Request(Method::kPost, server.Url("/"), "{}");
  request.timeout = milliseconds(1'000);
  const auto answer = client.Send(std::move(request));
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(base::ReasonOf(answer.status()), v1::UPSTREAM_AMBIGUOUS) << answer.status();
}

INSTANTIATE_TEST_SUITE_P(
    Faults, HttpClientFault,
    ::testing::Values(
        Fault{"closes", [](RawPeer&) {}}, Fault{"resets", [](RawPeer& peer) { peer.Reset(); }},
        Fault{"half_a_head", [](RawPeer& peer) { peer.Send("HTTP/1.1 200 OK\r\nContent-Le"); }},
        Fault{"half_a_body", [](RawPeer& peer) { peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"); }},
        Fault{"half_a_chunk",
              [](RawPeer& peer) { peer.Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nhalf"); }},
        Fault{"reset_in_body",
              [](RawPeer& peer) {
                peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
                peer.Reset();
              }},
        Fault{"hangs_in_body",
              [](RawPeer& peer) {
                peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
                peer.ReadToEnd();
              }},
        Fault{"not_gzip",
              [](RawPeer& peer) {
                peer.Send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nhalf");
              }},
        Fault{"not_http", [](RawPeer& peer) { peer.Send("SSH-2.0-OpenSSH_9.2\r\n"); }}),
    [](const auto& param) { return param.param.name; });

TEST(HttpClient, announced_body_over_the_limit_is_too_large) {
  RawServer server([](RawPeer& peer) {
    peer.ReadMessage();
    peer.Send("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\nx");
    peer.ReadToEnd();
  });
  TestClient client;
  HttpRequest request = TestClient::Request(Method::kGet, server.Url("/"));
  request.max_response_bytes = 1000;
  const auto answer = client.Send(std::move(request));
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(base::ReasonOf(answer.status()), v1::UPSTREAM_RESPONSE_TOO_LARGE);
}

TEST(HttpClient, unpacked_body_over_the_limit_is_too_large) {
  // head -c 1000000 /dev/zero | gzip -9n, cut: enough of it to unpack to more than the limit
  static constexpr unsigned char kZeros[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02,
                                             0x03, 0xed, 0xc1, 0x01, 0x01, 0x00, 0x00, 0x00, 0x82,
                                             0x20, 0xff, 0xaf, 0x6e, 0x48, 0x40, 0x01};
  std::string bomb(reinterpret_cast<const char*>(kZeros), sizeof(kZeros));
  bomb.append(900, '\0');
  RawServer server([&](RawPeer& peer) {
    peer.ReadMessage();
    peer.Send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: " + std::to_string(bomb.size()) +
              "\r\n\r\n");
    peer.Send(bomb);
    peer.ReadToEnd();
  });
  TestClient client;
  HttpRequest request = TestClient::Request(Method::kGet, server.Url("/"));
  request.max_response_bytes = 2000;
  const auto answer = client.Send(std::move(request));
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(base::ReasonOf(answer.status()), v1::UPSTREAM_RESPONSE_TOO_LARGE) << answer.status();
}

TEST(HttpClient, endless_headers_are_too_large) {
  RawServer server([](RawPeer& peer) {
    peer.ReadMessage();
    peer.Send("HTTP/1.1 200 OK\r\n");
    const std::string line = "X-Filler: " + std::string(1000, 'x') + "\r\n";
    while (peer.Send(line)) {
    }
  });
  TestClient client;
  const auto answer = client.Get(server.Url("/"));
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(base::ReasonOf(answer.status()), v1::UPSTREAM_RESPONSE_TOO_LARGE) << answer.status();
}

TEST(HttpClient, body_of_exactly_the_limit_is_taken) {
  TestServer server(Answering([](const ServerRequest&) { return Text(std::string(100'000, 'x')); }));
  TestClient client;
  HttpRequest request = TestClient::Request(Method::kGet, server.Url("/"));
  request.max_response_bytes = 100'000;
  const auto answer = client.Send(std::move(request));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->body.size(), 100'000u);
}

TEST(HttpClient, plain_url_is_refused_unless_allowed) {
  TestClient client{CurlOptions{}};
  const auto answer = client.Get("http://127.0.0.1:1/");
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(base::ReasonOf(answer.status()), v1::UPSTREAM_INSECURE);
}

TEST(HttpClient, request_that_cannot_be_sent_is_refused) {
  TestClient client;
  EXPECT_EQ(base::ReasonOf(client.Get("ftp://127.0.0.1/").status()), v1::REQUEST_INVALID);
  EXPECT_EQ(base::ReasonOf(client.Get("file:///etc/passwd").status()), v1::REQUEST_INVALID);
  EXPECT_EQ(base::ReasonOf(client.Get("").status()), v1::REQUEST_INVALID);
  EXPECT_EQ(base::ReasonOf(client.Get("http://127.0.0.1:99999999/").status()), v1::REQUEST_INVALID);
  HttpRequest request = TestClient::Request(Method::kGet, "http://127.0.0.1:1/");
  request.headers.Add("X-Test", "a\r\nX-Smuggled: b");
  EXPECT_EQ(base::ReasonOf(client.Send(std::move(request)).status()), v1::REQUEST_INVALID);
}

TEST(HttpClient, proxy_of_the_environment_is_used) {
  RawServer proxy([](RawPeer& peer) {
    const std::string message = peer.ReadMessage();
    const std::string line = message.substr(0, message.find("\r\n"));
    peer.Send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(line.size()) + "\r\n\r\n" + line);
  });
  setenv("http_proxy", proxy.Url("").c_str(), 1);
  TestClient client;
  const auto answer = client.Get("http://jira.invalid/rest");
  unsetenv("http_proxy");
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->body, "GET http://jira.invalid/rest HTTP/1.1");
}

TEST(HttpClient, proxy_that_refuses_the_tunnel_is_unreachable) {
  RawServer proxy([](RawPeer& peer) {
    peer.ReadMessage();
    peer.Send("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
  });
  setenv("https_proxy", proxy.Url("").c_str(), 1);
  TestClient client;
  const auto answer = client.Get("https://jira.invalid/rest");
  unsetenv("https_proxy");
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(base::ReasonOf(answer.status()), v1::UPSTREAM_UNREACHABLE) << answer.status();
}

TEST(HttpClient, cancelled_send_ends_and_lets_go_of_its_connection) {
  std::atomic<bool> received{false};
  std::atomic<bool> closed{false};
  RawServer server([&](RawPeer& peer) {
    received = !peer.ReadMessage().empty();
    closed = peer.ReadToEnd().empty();
  });
  TestClient client;
  boost::asio::cancellation_signal signal;
  std::exception_ptr thrown;
  bool ended = false;
  boost::asio::co_spawn(client.context, client.client->Send(TestClient::Request(Method::kGet, server.Url("/"))),
                        boost::asio::bind_cancellation_slot(
                            signal.slot(), [&](const std::exception_ptr& error, absl::StatusOr<HttpResponse>) {
                              thrown = error;
                              ended = true;
                            }));
  ASSERT_TRUE(RunUntil(client.context, [&] { return received.load(); }));
  EXPECT_FALSE(ended);
  signal.emit(boost::asio::cancellation_type::terminal);
  ASSERT_TRUE(RunUntil(client.context, [&] { return ended && closed.load(); }));
  EXPECT_THROW(std::rethrow_exception(thrown), boost::system::system_error);

  TestServer other(Answering(Echo));
  EXPECT_TRUE(client.Get(other.Url("/")).ok()) << "the client must go on working";
}

TEST(HttpClient, client_that_dies_lets_its_requests_end) {
  TestServer server(Answering(Echo));
  TestClient client;
  auto task = client.client->Send(TestClient::Request(Method::kGet, server.Url("/")));
  std::optional<absl::StatusOr<HttpResponse>> answer;
  boost::asio::co_spawn(client.context, std::move(task),
                        [&](const std::exception_ptr&, absl::StatusOr<HttpResponse> got) { answer = std::move(got); });
  client.context.poll_one();  // it's on its way
  client.client.reset();
  ASSERT_TRUE(RunUntil(client.context, [&] { return answer.has_value(); }));
  EXPECT_TRUE(answer->ok());
}

TEST(HttpClient, context_that_dies_first_takes_its_requests_along) {
  RawServer server([](RawPeer& peer) { peer.ReadToEnd(); });
  auto context = std::make_unique<boost::asio::io_context>();
  auto client = MakeCurlClient(*context, Insecure());
  boost::asio::co_spawn(*context, client->Send(TestClient::Request(Method::kGet, server.Url("/"))),
                        [](const std::exception_ptr&, absl::StatusOr<HttpResponse>) {});
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (server.Connections() == 0 && std::chrono::steady_clock::now() < end) context->run_one_for(milliseconds(5));
  client.reset();
  context.reset();  // with the request under way: nothing leaks, nothing is touched after its end
  SUCCEED();
}

TEST(HttpClient, context_runs_out_of_work_when_all_is_answered) {
  TestServer server(Answering(Echo));
  TestClient client;
  bool answered = false;
  boost::asio::co_spawn(
      client.context, client.client->Send(TestClient::Request(Method::kGet, server.Url("/"))),
      [&](const std::exception_ptr&, const absl::StatusOr<HttpResponse>& got) { answered = got.ok(); });
  client.context.run_for(std::chrono::seconds(10));
  EXPECT_TRUE(answered);
  EXPECT_TRUE(client.context.stopped());
}

}  // namespace
}  // namespace tajo::net
