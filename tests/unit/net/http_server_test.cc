#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <future>
#include <stdexcept>
#include <vector>

#include "tests/support/http_raw.h"
#include "tests/unit/net/net_fixture.h"

namespace tajo::net {
namespace {

using std::chrono::milliseconds;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::RawPeer;
using ::testing::StartsWith;

Handler EchoBody() {
  return Answering([](const ServerRequest& request) { return Text(std::string(request.Body())); });
}

// Waits until told, or cancelled. One at a time.
class Gate {
 public:
  Handler AsHandler() {
    return [this](const ServerRequest&) { return Wait(); };
  }
  void Open() { open_ = true; }
  bool WasEntered() const { return entered_; }
  bool WasCancelled() const { return cancelled_; }

 private:
  base::Task<ServerResponse> Wait() {
    entered_ = true;
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
    try {
      while (!open_) {
        timer.expires_after(milliseconds(2));
        co_await timer.async_wait(boost::asio::use_awaitable);
      }
    } catch (const boost::system::system_error&) {
      cancelled_ = true;
      throw;
    }
    co_return Text("through");
  }

  std::atomic<bool> open_{false};
  std::atomic<bool> entered_{false};
  std::atomic<bool> cancelled_{false};
};

template <class Predicate>
bool Eventually(Predicate ready) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (std::chrono::steady_clock::now() < end) {
    if (ready()) return true;
    std::this_thread::yield();
  }
  return false;
}

TEST(HttpServer, request_reaches_the_handler_in_all_its_parts) {
  TestServer server(Answering([](const ServerRequest& request) {
    std::string text(request.Method());
    for (const auto part : {request.Target(), request.Path(), request.Query(), request.Body()}) {
      text.append("|").append(part);
    }
    text.append("|").append(request.Header("x-HUB-signature").value_or("none"));
    text.append("|").append(request.Header("absent").value_or("none"));
    return Text(text + "|" + request.Remote().substr(0, 10));
  }));
  RawPeer peer = RawPeer::Connect(server.server->Port());
  peer.Send(
      "POST /webhooks/jira/c1?a=1&b HTTP/1.1\r\nHost: x\r\nX-Hub-Signature: sha256=ab\r\nContent-Length: "
      "4\r\n\r\nbody");
  EXPECT_THAT(peer.ReadMessage(), EndsWith("\r\n\r\nPOST|/webhooks/jira/c1?a=1&b|/webhooks/jira/c1|a=1&b|body|"
                                           "sha256=ab|none|127.0.0.1:"));
}

TEST(HttpServer, absolute_target_has_its_path_before_its_query) {
  TestServer server(Answering([](const ServerRequest& request) {
    return Text(std::string(request.Path()).append("|").append(request.Query()));
  }));
  RawPeer peer = RawPeer::Connect(server.server->Port());
  const std::vector<std::pair<std::string, std::string>> targets = {
      {"http://h/webhooks/jira?a=1", "/webhooks/jira|a=1"},
      {"http://h?a=/webhooks/jira", "http://h|a=/webhooks/jira"},
      {"h?a=http://h/webhooks/jira", "h|a=http://h/webhooks/jira"},
      {"*", "*|"},
  };
  for (const auto& [target, parts] : targets) {
    peer.Send("GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_THAT(peer.ReadMessage(), EndsWith("\r\n\r\n" + parts));
  }
}

TEST(HttpServer, response_is_framed_by_the_server) {
  TestServer server(Answering([](const ServerRequest&) {
    ServerResponse response = Text("{}", 202);
    response.headers.Add("Content-Type", "application/json");
    response.headers.Add("Content-Length", "99");
    response.headers.Add("Date", "yesterday");
    return response;
  }));
  RawPeer peer = RawPeer::Connect(server.server->Port());
  peer.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::string message = peer.ReadMessage();
  EXPECT_THAT(message, StartsWith("HTTP/1.1 202 Accepted\r\nDate: "));
  EXPECT_THAT(message, HasSubstr(" GMT\r\nContent-Length: 2\r\n"));
  EXPECT_THAT(message, EndsWith("\r\nContent-Type: application/json\r\n\r\n{}"));
  EXPECT_THAT(message, Not(HasSubstr("yesterday")));
  EXPECT_THAT(message, Not(HasSubstr("Connection")));
}

TEST(HttpServer, connection_is_kept_for_further_requests) {
  TestServer server(EchoBody());
  RawPeer peer = RawPeer::Connect(server.server->Port());
  for (const std::string body : {"one", "", "three"}) {
    peer.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    EXPECT_THAT(peer.ReadMessage(), EndsWith("\r\n\r\n" + body));
  }
}

TEST(HttpServer, pipelined_requests_are_answered_in_order) {
  TestServer server(EchoBody());
  RawPeer peer = RawPeer::Connect(server.server->Port());
  std::string requests;
  for (const char digit : {'1', '2', '3', '4', '5'}) {
    requests += "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3000\r\n\r\n" + std::string(3000, digit);
  }
  peer.Send(requests);
  for (const char digit : {'1', '2', '3', '4', '5'}) {
    EXPECT_THAT(peer.ReadMessage(), EndsWith("\r\n\r\n" + std::string(3000, digit)));
  }
}

TEST(HttpServer, request_that_comes_byte_by_byte_is_understood) {
  TestServer server(EchoBody());
  RawPeer peer = RawPeer::Connect(server.server->Port());
  for (const char c : std::string_view("POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello")) {
    peer.Send(std::string_view(&c, 1));
  }
  EXPECT_THAT(peer.ReadMessage(), EndsWith("\r\n\r\nhello"));
}

TEST(HttpServer, large_body_arrives_whole) {
  TestServer server(Answering([](const ServerRequest& request) {
    const auto body = request.Body();
    const bool intact = body.find_first_not_of('b') == body.npos;
    return Text(std::to_string(body.size()) + (intact ? " intact" : " broken"));
  }));
  RawPeer peer = RawPeer::Connect(server.server->Port());
  const std::size_t size = 25u << 20;
  for (int round = 0; round < 2; ++round) {
    peer.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n");
    peer.Send(std::string(size, 'b'));
    EXPECT_THAT(peer.ReadMessage(), EndsWith("\r\n\r\n26214400 intact"));
  }
}

TEST(HttpServer, chunked_body_is_put_together) {
  TestServer server(EchoBody());
  RawPeer peer = RawPeer::Connect(server.server->Port());
  peer.Send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
  peer.Send(
      "1;ext=1\r\n \r\n5\r\nworld\r\n0\r\nX-Trailer: 1\r\n\r\nPOST / HTTP/1.1\r\nHost: x\r\nContent-Length: "
      "4\r\n\r\nnext");
  EXPECT_THAT(peer.ReadMessage(), EndsWith("\r\n\r\nhello world"));
  EXPECT_THAT(peer.ReadMessage(), EndsWith("\r\n\r\nnext"));
}

TEST(HttpServer, client_that_expects_continue_gets_it) {
  TestServer server(EchoBody());
  RawPeer peer = RawPeer::Connect(server.server->Port());
  peer.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(peer.ReadUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  peer.Send("hello");
  EXPECT_THAT(peer.ReadMessage(), EndsWith("\r\n\r\nhello"));
}

TEST(HttpServer, old_client_is_closed_on_unless_it_asks_to_stay) {
  TestServer server(EchoBody());
  RawPeer plain = RawPeer::Connect(server.server->Port());
  plain.Send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_THAT(plain.ReadToEnd(), HasSubstr("\r\nConnection: close\r\n"));
  RawPeer staying = RawPeer::Connect(server.server->Port());
  for (int i = 0; i < 2; ++i) {
    staying.Send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_THAT(staying.ReadMessage(), HasSubstr("\r\nConnection: keep-alive\r\n"));
  }
}

TEST(HttpServer, connection_closes_when_either_side_says_so) {
  TestServer server(Answering([](const ServerRequest& request) {
    ServerResponse response = Text("bye");
    if (request.Path() == "/close") response.headers.Add("Connection", "close");
    return response;
  }));
  for (const char* request :
       {"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "GET /close HTTP/1.1\r\nHost: x\r\n\r\n"}) {
    RawPeer peer = RawPeer::Connect(server.server->Port());
    peer.Send(request);
    EXPECT_THAT(peer.ReadToEnd(), ::testing::AllOf(HasSubstr("Connection: close\r\n"), EndsWith("bye")));
    EXPECT_FALSE(peer.WasReset());
  }
}

TEST(HttpServer, head_and_no_content_have_no_body) {
  TestServer server(
      Answering([](const ServerRequest& request) { return Text("four", request.Path() == "/204" ? 204 : 200); }));
  RawPeer peer = RawPeer::Connect(server.server->Port());
  peer.Send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\nGET /204 HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(peer.ReadUntil("\r\n\r\n"), HasSubstr("Content-Length: 4\r\n"));
  const std::string no_content = peer.ReadUntil("\r\n\r\n");
  EXPECT_THAT(no_content, StartsWith("HTTP/1.1 204 No Content\r\n"));
  EXPECT_THAT(no_content, Not(HasSubstr("Content-Length")));
  EXPECT_THAT(peer.ReadMessage(), EndsWith("\r\n\r\nfour"));
}

TEST(HttpServer, handler_that_throws_is_a_500_and_the_connection_goes_on) {
  TestServer server([](const ServerRequest& request) -> base::Task<ServerResponse> {
    if (request.Path() == "/throw") throw std::runtime_error("broken");
    ServerResponse response = Text("fine");
    if (request.Path() == "/bad-header") response.headers.Add("X", "a\r\nb");
    if (request.Path() == "/bad-status") response.status = 42;
    co_return response;
  });
  RawPeer peer = RawPeer::Connect(server.server->Port());
  for (const std::string path : {"/throw", "/bad-header", "/bad-status"}) {
    peer.Send("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
    const std::string message = peer.ReadMessage();
    EXPECT_THAT(message, StartsWith("HTTP/1.1 500 Internal Server Error\r\n")) << path;
    EXPECT_THAT(message, EndsWith("\r\n\r\n"));
  }
  peer.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(peer.ReadMessage(), EndsWith("fine"));
}

class MalformedRequest : public ::testing::TestWithParam<const char*> {};

TEST_P(MalformedRequest, gets_a_400_and_the_end) {
  std::atomic<int> calls{0};
  TestServer server(Answering([&](const ServerRequest&) {
    ++calls;
    return Text("");
  }));
  RawPeer peer = RawPeer::Connect(server.server->Port());
  peer.Send(GetParam());
  peer.CloseWrite();
  const std::string answer = peer.ReadToEnd();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_EQ(calls, 0);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, MalformedRequest,
    ::testing::Values("nonsense\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
                      "\x16\x03\x01\x02\x01 a TLS hello\r\n\r\n\r\n", "GET / HTTP/1.1\r\nno colon\r\n\r\n",
                      "GET / HTTP/1.1\r\nBad Name: x\r\n\r\n",
                      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
                      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1x\r\n\r\n",
                      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
                      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
                      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
                      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
                      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\nbody",
                      "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n"));

TEST(HttpServer, headers_over_the_limit_are_a_431) {
  ServerOptions options;
  options.max_header_bytes = 1000;
  TestServer server(EchoBody(), options);
  RawPeer peer = RawPeer::Connect(server.server->Port());
  peer.Send("GET / HTTP/1.1\r\nX-Long: " + std::string(50'000, 'x'));
  EXPECT_THAT(peer.ReadToEnd(), StartsWith("HTTP/1.1 431 "));
  EXPECT_FALSE(peer.WasReset());
  RawPeer small = RawPeer::Connect(server.server->Port());
  small.Send("GET / HTTP/1.1\r\nX-Long: " + std::string(900, 'x') + "\r\n\r\n");
  EXPECT_THAT(small.ReadMessage(), StartsWith("HTTP/1.1 200 "));
}

TEST(HttpServer, headers_over_the_limit_line_by_line_are_a_431) {
  ServerOptions options;
  options.max_header_bytes = 1000;
  TestServer server(EchoBody(), options);
  RawPeer peer = RawPeer::Connect(server.server->Port());
  peer.Send("GET / HTTP/1.1\r\nX");
  // A read of its own for each line, with the first letter of the next: nothing long is ever left to parse.
  for (int line = 0; line < 12 && peer.IsQuietFor(10); ++line) peer.Send(": " + std::string(95, 'x') + "\r\nX");
  peer.Send(": y\r\n\r\n");
  EXPECT_THAT(peer.ReadMessage(), StartsWith("HTTP/1.1 431 "));
}

TEST(HttpServer, announced_body_over_the_limit_is_a_413_that_arrives) {
  ServerOptions options;
  options.max_body_bytes = 1000;
  std::atomic<int> calls{0};
  TestServer server(Answering([&](const ServerRequest&) {
                      ++calls;
                      return Text("");
                    }),
                    options);
  // A client that sends all of it before it looks at the answer.
  RawPeer peer = RawPeer::Connect(server.server->Port());
  peer.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 8000000\r\n\r\n");
  EXPECT_TRUE(peer.Send(std::string(8'000'000, 'x')));
  EXPECT_THAT(peer.ReadMessage(), StartsWith("HTTP/1.1 413 Payload Too Large\r\n"));
  EXPECT_FALSE(peer.WasReset());
  EXPECT_EQ(calls, 0);
}

TEST(HttpServer, chunks_over_the_limit_are_a_413) {
  ServerOptions options;
  options.max_body_bytes = 1000;
  TestServer server(EchoBody(), options);
  RawPeer peer = RawPeer::Connect(server.server->Port());
  peer.Send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 11; ++i) peer.Send("64\r\n" + std::string(100, 'x') + "\r\n");
  EXPECT_THAT(peer.ReadMessage(), StartsWith("HTTP/1.1 413 "));
}

TEST(HttpServer, endless_chunk_extension_is_refused) {
  TestServer server(EchoBody());
  RawPeer peer = RawPeer::Connect(server.server->Port());
  peer.Send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5;" + std::string(100'000, 'x'));
  EXPECT_THAT(peer.ReadMessage(), StartsWith("HTTP/1.1 400 "));
}

TEST(HttpServer, body_of_exactly_the_limit_is_taken) {
  ServerOptions options;
  options.max_body_bytes = 1000;
  TestServer server(EchoBody(), options);
  RawPeer peer = RawPeer::Connect(server.server->Port());
  peer.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, 'x'));
  EXPECT_THAT(peer.ReadMessage(), StartsWith("HTTP/1.1 200 "));
}

ServerOptions Hasty() {
  ServerOptions options;
  options.header_timeout = milliseconds(60);
  options.body_timeout = milliseconds(60);
  options.idle_timeout = milliseconds(60);
  return options;
}

TEST(HttpServer, headers_that_take_too_long_are_a_408) {
  TestServer server(EchoBody(), Hasty());
  RawPeer peer = RawPeer::Connect(server.server->Port());
  peer.Send("GET / HTTP/1.1\r\nHost:");
  EXPECT_THAT(peer.ReadMessage(), StartsWith("HTTP/1.1 408 Request Timeout\r\n"));
}

TEST(HttpServer, trickled_headers_do_not_put_off_the_end) {
  TestServer server(EchoBody(), Hasty());
  RawPeer peer = RawPeer::Connect(server.server->Port());
  peer.Send("GET / HTTP/1.1\r\n");
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (peer.IsQuietFor(10) && std::chrono::steady_clock::now() < end) peer.Send("X: y\r\n");
  EXPECT_THAT(peer.ReadMessage(), StartsWith("HTTP/1.1 408 "));
}

TEST(HttpServer, body_that_takes_too_long_is_a_408) {
  TestServer server(EchoBody(), Hasty());
  RawPeer peer = RawPeer::Connect(server.server->Port());
  peer.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf");
  EXPECT_THAT(peer.ReadMessage(), StartsWith("HTTP/1.1 408 "));
  RawPeer chunked = RawPeer::Connect(server.server->Port());
  chunked.Send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel");
  EXPECT_THAT(chunked.ReadMessage(), StartsWith("HTTP/1.1 408 "));
}

TEST(HttpServer, idle_connection_is_closed_without_a_word) {
  TestServer server(EchoBody(), Hasty());
  RawPeer unused = RawPeer::Connect(server.server->Port());
  EXPECT_EQ(unused.ReadToEnd(), "");
  RawPeer used = RawPeer::Connect(server.server->Port());
  used.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(used.ReadMessage(), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(used.ReadToEnd(), "");
  EXPECT_FALSE(used.WasReset());
}

TEST(HttpServer, client_that_does_not_read_is_given_up) {
  ServerOptions options = Hasty();
  std::atomic<int> calls{0};
  TestServer server(Answering([&](const ServerRequest&) {
                      ++calls;
                      return Text(std::string(64u << 20, 'x'));
                    }),
                    options);
  RawPeer peer = RawPeer::Connect(server.server->Port());
  peer.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(Eventually([&] { return calls > 0; }));
  testing::RunTask(server.loops.At(0), server.server->Drain(std::chrono::seconds(10)));
  EXPECT_LT(peer.ReadToEnd().size(), 64u << 20);
}

TEST(HttpServer, slow_handler_is_not_timed_out) {
  Gate gate;
  TestServer server(gate.AsHandler(), Hasty());
  RawPeer peer = RawPeer::Connect(server.server->Port());
  peer.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(peer.IsQuietFor(200));
  gate.Open();
  EXPECT_THAT(peer.ReadMessage(), EndsWith("through"));
}

TEST(HttpServer, connection_over_the_maximum_is_closed_and_room_comes_back) {
  ServerOptions options;
  options.max_connections = 2;
  TestServer server(EchoBody(), options);
  const std::string request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  {
    RawPeer first = RawPeer::Connect(server.server->Port());
    RawPeer second = RawPeer::Connect(server.server->Port());
    for (RawPeer* peer : {&first, &second}) {
      peer->Send(request);
      EXPECT_THAT(peer->ReadMessage(), StartsWith("HTTP/1.1 200 "));
    }
    RawPeer third = RawPeer::Connect(server.server->Port());
    EXPECT_EQ(third.ReadToEnd(), "");
  }
  EXPECT_TRUE(Eventually([&] {
    RawPeer later = RawPeer::Connect(server.server->Port());
    later.Send(request);
    return !later.ReadMessage().empty();
  }));
}

TEST(HttpServer, reset_after_bytes_breaks_the_answer_off) {
  TestServer server(Answering([](const ServerRequest& request) {
    ServerResponse response = Text("0123456789");
    response.reset_after_bytes = request.Path() == "/none" ? 0 : 4;
    return response;
  }));
  RawPeer none = RawPeer::Connect(server.server->Port());
  none.Send("GET /none HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(none.ReadToEnd(), "");
  EXPECT_TRUE(none.WasReset());
  TestClient client;
  const auto answer = client.Get(server.Url("/some"));
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(base::ReasonOf(answer.status()), v1::UPSTREAM_AMBIGUOUS);
}

TEST(HttpServer, every_loop_serves) {
  TestServer server(EchoBody(), {}, 3);
  TestClient client;
  for (int i = 0; i < 50; ++i) {
    RawPeer peer = RawPeer::Connect(server.server->Port());  // the kernel spreads them by port
    peer.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(peer.ReadMessage(), StartsWith("HTTP/1.1 200 "));
  }
}

TEST(HttpServer, options_that_cannot_work_are_refused) {
  LoopPool loops(1);
  const auto start = [&](ServerOptions options) {
    return base::ReasonOf(HttpServer::Start(loops, std::move(options), EchoBody()).status());
  };
  ServerOptions bad_listen;
  bad_listen.listen = "nowhere";
  EXPECT_EQ(start(bad_listen), v1::REQUEST_INVALID);
  ServerOptions foreign;
  foreign.listen = "192.0.2.1:0";
  EXPECT_EQ(start(foreign), v1::CONFIG_INVALID);
  ServerOptions half_tls;
  half_tls.tls_cert_file = "/nonexistent";
  EXPECT_EQ(start(half_tls), v1::CONFIG_INVALID);
  ServerOptions no_file;
  no_file.tls_cert_file = no_file.tls_key_file = "/nonexistent";
  EXPECT_EQ(start(no_file), v1::CONFIG_INVALID);
  ServerOptions ca_alone;
  ca_alone.tls_client_ca_file = "/nonexistent";
  EXPECT_EQ(start(ca_alone), v1::CONFIG_INVALID);
}

TEST(Drain, idle_connections_end_and_new_ones_are_refused) {
  TestServer server(EchoBody(), {}, 2);
  RawPeer idle = RawPeer::Connect(server.server->Port());
  idle.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  idle.ReadMessage();
  testing::RunTask(server.loops.At(0), server.server->Drain(std::chrono::seconds(10)));
  EXPECT_EQ(idle.ReadToEnd(), "");
  EXPECT_FALSE(idle.WasReset());
  EXPECT_THROW(RawPeer::Connect(server.server->Port()), std::runtime_error);
}

TEST(Drain, request_under_way_is_answered_with_close) {
  Gate gate;
  TestServer server(gate.AsHandler());
  RawPeer peer = RawPeer::Connect(server.server->Port());
  peer.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(Eventually([&] { return gate.WasEntered(); }));
  boost::asio::io_context context;
  auto drained = std::async(std::launch::async,
                            [&] { testing::RunTask(context, server.server->Drain(std::chrono::seconds(10))); });
  EXPECT_EQ(drained.wait_for(milliseconds(50)), std::future_status::timeout);
  gate.Open();
  EXPECT_THAT(peer.ReadToEnd(), ::testing::AllOf(HasSubstr("Connection: close\r\n"), EndsWith("through")));
  drained.get();
}

TEST(Drain, half_a_request_may_still_be_finished) {
  TestServer server(EchoBody());
  RawPeer peer = RawPeer::Connect(server.server->Port());
  peer.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  peer.ReadUntil("\r\n\r\n");  // it has begun
  boost::asio::io_context context;
  auto drained = std::async(std::launch::async,
                            [&] { testing::RunTask(context, server.server->Drain(std::chrono::seconds(10))); });
  EXPECT_EQ(drained.wait_for(milliseconds(50)), std::future_status::timeout);
  peer.Send("hello");
  EXPECT_THAT(peer.ReadToEnd(), EndsWith("\r\n\r\nhello"));
  drained.get();
}

TEST(Drain, what_outlasts_the_grace_is_broken_off) {
  Gate gate;
  TestServer server(gate.AsHandler());
  RawPeer peer = RawPeer::Connect(server.server->Port());
  peer.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(Eventually([&] { return gate.WasEntered(); }));
  testing::RunTask(server.loops.At(0), server.server->Drain(milliseconds(30)));
  EXPECT_EQ(peer.ReadToEnd(), "");
  EXPECT_TRUE(Eventually([&] { return gate.WasCancelled(); }));
}

TEST(HttpServer, destruction_cancels_handlers_and_waits_for_them) {
  Gate gate;
  TestServer server(gate.AsHandler());
  RawPeer peer = RawPeer::Connect(server.server->Port());
  peer.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(Eventually([&] { return gate.WasEntered(); }));
  server.server.reset();
  EXPECT_TRUE(gate.WasCancelled());
  EXPECT_EQ(peer.ReadToEnd(), "");
}

TEST(HttpServer, client_that_leaves_in_the_middle_is_forgotten) {
  ServerOptions options;
  options.max_connections = 1;
  TestServer server(EchoBody(), options);
  const std::string whole = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello";
  for (std::size_t cut = 0; cut < whole.size(); cut += 7) {
    EXPECT_TRUE(Eventually([&] {
      RawPeer peer = RawPeer::Connect(server.server->Port());
      peer.Send(whole);
      return !peer.ReadMessage().empty();
    }));
    try {
      RawPeer peer = RawPeer::Connect(server.server->Port());
      peer.Send(whole.substr(0, cut));
      if (cut % 2 == 0) peer.Reset();
    } catch (const std::runtime_error&) {
      FAIL() << "the server doesn't accept any more";
    }
  }
}

TEST(HttpServer, thousand_idle_clients_take_little_memory) {
  TestServer server(Answering([](const ServerRequest&) { return Text("ok"); }));
  const std::string body(40'000, 'x');
  const std::string request =
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  std::vector<RawPeer> peers;
  peers.reserve(1000);
  const auto before = mallinfo2();  // all zero under a sanitizer
  for (int i = 0; i < 1000; ++i) {
    peers.push_back(RawPeer::Connect(server.server->Port()));
    peers.back().Send(request);
    ASSERT_THAT(peers.back().ReadMessage(), EndsWith("ok"));
  }
  const auto after = mallinfo2();
  const std::size_t grown =
      after.uordblks + after.hblkhd - std::min(before.uordblks + before.hblkhd, after.uordblks + after.hblkhd);
  RecordProperty("bytes_per_idle_client", static_cast<int>(grown / 1000));
  EXPECT_LT(grown, 20u << 20);
}

}  // namespace
}  // namespace tajo::net
