#include <signal.h>

#include <atomic>
#include <set>

#include "tests/integration/webhook_ingest/process_fixture.h"
#include "tests/support/http_raw.h"

namespace tajo::ingest {
namespace {

// Posts deliveries of distinct issues on connections of its own, until told to stop. What isn't answered by a 2xx
// is sent again, as Jira does.
class Load {
 public:
  Load(std::string connection, int clients) : connection_(std::move(connection)) {
    for (int i = 0; i < clients; ++i) threads_.emplace_back([this, i] { Drive(i); });
  }
  ~Load() { Stop(); }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  void Aim(uint16_t port) { port_ = port; }
  std::size_t Taken() const { return taken_count_; }
  // Ends it; the issues whose delivery got a 2xx.
  std::set<int64_t> Stop() {
    stopped_ = true;
    for (auto& thread : threads_) thread.join();
    threads_.clear();
    return taken_;
  }

 private:
  void Drive(int client) {
    int64_t next = 1'000'000 * (client + 1);
    while (!stopped_) {
      if (port_ == 0) {
        std::this_thread::yield();
        continue;
      }
      try {
        auto peer = testing::RawPeer::Connect(port_);
        while (!stopped_ && Post(peer, next)) {
          const std::lock_guard lock(mutex_);
          taken_.insert(next++);
          ++taken_count_;
        }
      } catch (const std::exception&) {
        std::this_thread::yield();  // nobody listens just now
      }
    }
  }

  bool Post(testing::RawPeer& peer, int64_t issue) {
    const std::string body = IssueUpdated(issue);
    const std::string request = fmt::format(
        "POST /webhooks/jira/{} HTTP/1.1\r\nHost: x\r\nX-Hub-Signature: {}\r\nX-Atlassian-Webhook-Identifier: i{}\r\n"
        "Content-Length: {}\r\n\r\n{}",
        connection_, crypto::HubSignature(body, base::Secret(kSecret)), issue, body.size(), body);
    if (!peer.Send(request)) return false;
    return peer.ReadMessage().starts_with("HTTP/1.1 20");
  }

  const std::string connection_;
  std::atomic<uint16_t> port_{0};
  std::atomic<bool> stopped_{false};
  std::atomic<std::size_t> taken_count_{0};
  std::mutex mutex_;
  std::set<int64_t> taken_;
  std::vector<std::jthread> threads_;
};

TEST_F(ProcessTest, Sigterm_UnderLoad_LosesNothingThatWasAcknowledged) {
  const std::string id = Connect({kSecret});
  Process process(flags_);
  Load load(id, 4);
  load.Aim(process.Port("listen"));
  WaitFor([&] { return load.Taken() > 300; });
  process.Signal(SIGTERM);
  EXPECT_EQ(process.Wait(), 0) << process.Log();
  const auto taken = load.Stop();
  EXPECT_GT(taken.size(), 300u);
  ExpectEachOnce(taken, id);
}

TEST_F(ProcessTest, KilledAgainAndAgain_EveryAcknowledgedIsStoredOnce) {
  const std::string id = Connect({kSecret});
  Load load(id, 4);
  for (int round = 0; round < 4; ++round) {
    Process process(flags_);
    load.Aim(process.Port("listen"));
    const std::size_t before = load.Taken();
    WaitFor([&] { return load.Taken() > before + 150; });
    process.Signal(SIGKILL);
    EXPECT_EQ(process.Wait(), 128 + SIGKILL);
  }
  ExpectEachOnce(load.Stop(), id);
}

TEST_F(ProcessTest, RedisKilledUnderLoad_EveryAcknowledgedIsStoredOnce) {
  Redis({"CONFIG", "SET", "appendfsync", "always"});
  const std::string id = Connect({kSecret});
  Process process(flags_);
  Load load(id, 4);
  load.Aim(process.Port("listen"));
  for (int round = 0; round < 3; ++round) {
    const std::size_t before = load.Taken();
    WaitFor([&] { return load.Taken() > before + 100; });
    redis_server_.Kill();
    redis_server_.Restart();
    WaitFor([&] {
      redis::Args command = {"CONFIG", "SET", "appendfsync", "always"};
      return Run(redis_->Execute(std::move(command))).ok();
    });
  }
  const std::size_t before = load.Taken();
  WaitFor([&] { return load.Taken() > before + 100; });
  ExpectEachOnce(load.Stop(), id);
  process.Signal(SIGTERM);
  EXPECT_EQ(process.Wait(), 0) << process.Log();
}

// Whoever sends webhooks here must have been told to stop before they find the door closed.
TEST_F(ProcessTest, Sigterm_IsNotReadyBeforeThePortCloses) {
  const std::string id = Connect({kSecret});
  Process process(flags_);
  const uint16_t port = process.Port("listen");
  const auto ready = [admin = process.Port("metrics")] {
    auto peer = testing::RawPeer::Connect(admin);
    peer.Send("GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n");
    return peer.ReadMessage();
  };
  WaitFor([&] { return ready().starts_with("HTTP/1.1 200 "); });

  // A delivery whose body is still to come keeps the process draining.
  const std::string body = IssueUpdated(10002);
  auto begun = testing::RawPeer::Connect(port);
  begun.Send(
      fmt::format("POST /webhooks/jira/{} HTTP/1.1\r\nHost: x\r\nX-Hub-Signature: {}\r\n"
                  "Expect: 100-continue\r\nContent-Length: {}\r\n\r\n",
                  id, crypto::HubSignature(body, base::Secret(kSecret)), body.size()));
  ASSERT_TRUE(begun.ReadMessage().starts_with("HTTP/1.1 100 "));

  process.Signal(SIGTERM);
  std::string when_closed;
  WaitFor([&] {
    try {
      testing::RawPeer::Connect(port);
      return false;
    } catch (const std::exception&) {
      when_closed = ready();
      return true;
    }
  });
  EXPECT_TRUE(when_closed.starts_with("HTTP/1.1 503 ")) << when_closed;
  EXPECT_NE(when_closed.find("draining"), std::string::npos) << when_closed;

  begun.Send(body);
  EXPECT_TRUE(begun.ReadMessage().starts_with("HTTP/1.1 202 "));
  EXPECT_EQ(process.Wait(), 0) << process.Log();
  EXPECT_EQ(Events(id).size(), 1u);
}

TEST_F(ProcessTest, WithoutKeyring_EndsWithOneClearLine) {
  flags_[2] = "--keyring-file=/nonexistent/keyring";
  Process process(flags_);
  EXPECT_EQ(process.Wait(), 1);
  WaitFor([&] { return process.Log().find("/nonexistent/keyring") != std::string::npos; });
}

TEST_F(ProcessTest, UnknownFlag_EndsWith2) {
  flags_.push_back("--lisen=127.0.0.1:0");
  Process process(flags_);
  EXPECT_EQ(process.Wait(), 2);
}

TEST_F(ProcessTest, Metrics_AreOnTheirOwnPort) {
  Process process(flags_);
  auto peer = testing::RawPeer::Connect(process.Port("metrics"));
  peer.Send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::string page = peer.ReadMessage();
  EXPECT_NE(page.find("tajo_ingest_webhooks_total{outcome=\"stored\"} 0"), std::string::npos);
  EXPECT_NE(page.find("tajo_ingest_request_seconds_bucket"), std::string::npos);
}

}  // namespace
}  // namespace tajo::ingest
