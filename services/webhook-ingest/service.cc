#include "services/webhook-ingest/service.h"

#include <list>
#include <string>
#include <utility>

#include "common/base/error.h"
#include "common/store/policy.h"
#include "services/webhook-ingest/background.h"
#include "services/webhook-ingest/ingest.h"

namespace tajo::ingest {
namespace {

// Wakes are sent one after the other; so many at a time.
constexpr int kWakers = 8;
constexpr std::chrono::seconds kLookWhileReady{2};
constexpr std::chrono::milliseconds kLookWhileNot{250};
constexpr std::size_t kMaxBodyBytes = 25u << 20;  // Jira doesn't deliver more

// Ready once Redis answers and doesn't throw keys away; looks again and again.
base::Task<void> WatchRedis(redis::Client& redis, base::Clock& clock, telemetry::Health& health,
                            telemetry::Logger& log) {
  while (true) {
    const absl::StatusOr<store::RedisPolicy> policy = co_await store::CheckRedisPolicy(redis);
    if (policy.ok()) {
      health.Ready("redis");
    } else {
      health.NotReady("redis", base::ReasonName(base::ReasonOf(policy.status())));
      log.Warn("redis isn't fit for use", {{"error", std::string(policy.status().message())}});
    }
    if (policy.ok()) {
      co_await clock.Sleep(kLookWhileReady);
    } else {
      co_await clock.Sleep(kLookWhileNot);
    }
  }
}

}  // namespace

// One loop's part. Members depend on those above them.
struct Service::Shard {
  Shard(net::Loop& its_loop, const Surroundings& with, std::unique_ptr<redis::Client> client, int ack_replicas,
        const Gate& gate, IngestMetrics& metrics)
      : loop(its_loop.Context()),
        redis(std::move(client)),
        directory(*redis, with.clock, with.random, with.keyring),
        intake(*redis, with.clock, ack_replicas),
        wakes(loop, intake),
        refusals(loop, *redis, with.clock),
        ingest({*redis, with.clock, with.keyring, directory, gate, intake, wakes, refusals, metrics, with.health,
                with.log}) {
    for (int i = 0; i < kWakers; ++i) background.emplace_back(loop, wakes.Run());
    background.emplace_back(loop, refusals.Run());
  }

  boost::asio::io_context& loop;
  std::unique_ptr<redis::Client> redis;
  Directory directory;
  store::EventIntake intake;
  WakeQueue wakes;
  RefusalNotes refusals;
  Ingest ingest;
  std::list<Background> background;
};

Service::Service(const Surroundings& with) : metrics_(with.metrics), gate_(with.random) {}

// The server first: its handlers use the shards.
Service::~Service() {
  server_.reset();
}

net::Handler Service::MakeHandler() {
  return [this](const net::ServerRequest& request) -> base::Task<net::ServerResponse> {
    // A connection's loop is one of ours, and the handler is called on it.
    std::size_t here = 0;
    while (!shards_[here]->loop.get_executor().running_in_this_thread()) ++here;
    return shards_[here]->ingest.Handle(request);
  };
}

absl::StatusOr<std::unique_ptr<Service>> Service::Start(const Surroundings& with, ServiceOptions options) {
  with.health.NotReady("redis", "not asked yet");
  std::unique_ptr<Service> service(new Service(with));
  for (std::size_t i = 0; i < with.loops.Size(); ++i) {
    TAJO_ASSIGN_OR_RETURN(auto client, redis::Open(with.loops.At(i).Context(), with.clock, with.random, options.redis));
    service->shards_.push_back(std::make_unique<Shard>(with.loops.At(i), with, std::move(client), options.ack_replicas,
                                                       service->gate_, service->metrics_));
  }
  Shard& first = *service->shards_.front();
  first.background.emplace_back(first.loop, WatchRedis(*first.redis, with.clock, with.health, with.log));
  options.http.max_body_bytes = kMaxBodyBytes;
  options.http.on_refusal = [metrics = &service->metrics_](int status) {
    metrics->CountHttpRefusal(status);
    if (status == 413) metrics->Count(Outcome::kTooLarge);
  };
  options.http.on_tls_reload = [log = &with.log](const absl::Status& status) {
    if (status.ok()) return log->Info("TLS files reloaded");
    log->Error("TLS files can't be reloaded; the old ones stay", {{"error", std::string(status.message())}});
  };
  TAJO_ASSIGN_OR_RETURN(service->server_,
                        net::HttpServer::Start(with.loops, std::move(options.http), service->MakeHandler()));
  return service;
}

}  // namespace tajo::ingest
