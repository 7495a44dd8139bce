#include "services/sync-worker/wiring.h"

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdio>
#include <exception>
#include <memory>
#include <utility>

#include "common/access/quota_metrics.h"
#include "common/base/all_of.h"
#include "common/base/random.h"
#include "common/crypto/sealing.h"
#include "common/net/curl_client.h"
#include "common/net/loop.h"
#include "common/redis/open.h"
#include "common/store/policy.h"
#include "common/telemetry/admin_server.h"
#include "common/telemetry/health.h"
#include "common/telemetry/log.h"
#include "common/telemetry/metrics.h"
#include "common/telemetry/process.h"
#include "services/sync-worker/fleet.h"
#include "services/sync-worker/prometheus_instruments.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::worker {
namespace {

constexpr std::chrono::milliseconds kAdminGrace{500};

// One loop's share of the worker: its own pipeline to Redis, its own HTTP connections, its own fleet.
// Members depend on those above them.
struct Shard {
  Shard(net::Loop& loop, base::Clock& shard_clock, base::Random& random, const crypto::Keyring& keyring,
        telemetry::Logger& log, PrometheusInstruments& instruments, const WorkOptions& options,
        access::QuotaOptions quota_options, access::QuotaMetrics& quota_metrics,
        std::unique_ptr<redis::Client> redis_client, std::unique_ptr<redis::Subscriber> redis_subscriber,
        int ack_replicas, LiveWork& live_work, const net::CurlOptions& curl, const std::string& worker_id,
        std::chrono::milliseconds ttl, FleetOptions fleet_options)
      : executor(loop.Context().get_executor()),
        redis(std::move(redis_client)),
        subscriber(std::move(redis_subscriber)),
        http(net::MakeCurlClient(loop.Context(), curl)),
        connections(*redis, shard_clock, random, keyring),
        grants(*redis, random, keyring),
        quotas(*redis, shard_clock, quota_options, &quota_metrics),
        jobs(*redis, shard_clock, random),
        leases(*redis, random, worker_id, ttl, PoolOf(fleet_options)),
        commit(*redis, ack_replicas),
        shared{executor, shard_clock, random,      *redis,       *http,        connections, grants,  quotas,
               jobs,     log,         instruments, &instruments, &instruments, options,     &commit, &live_work},
        fleet(shared, leases, *subscriber, std::move(fleet_options)) {}

  boost::asio::io_context::executor_type executor;
  std::unique_ptr<redis::Client> redis;
  std::unique_ptr<redis::Subscriber> subscriber;
  std::unique_ptr<net::HttpClient> http;
  store::Connections connections;
  store::Grants grants;
  access::Quotas quotas;
  store::Jobs jobs;
  store::Leases leases;
  store::ReplicaCommit commit;
  Shared shared;
  Fleet fleet;
};

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "tajo-sync-worker: %s\n", std::string(status.message()).c_str());
  return telemetry::kExitFailed;
}

// Runs `operation` on the shard's own loop and returns when it has ended. Cancelled, it stops waiting:
// an operation is never cancelled from another thread.
template <class Operation>
base::Task<void> OnShard(Shard& shard, Operation operation) {
  struct Wait {
    explicit Wait(const boost::asio::any_io_executor& executor)
        : bell(executor, boost::asio::steady_timer::time_point::max()) {}
    boost::asio::steady_timer bell;
    bool ended = false;
  };
  const auto executor = co_await boost::asio::this_coro::executor;
  auto wait = std::make_shared<Wait>(executor);
  boost::asio::co_spawn(shard.executor, operation(shard),
                        boost::asio::bind_executor(executor, [wait](const std::exception_ptr&) {
                          wait->ended = true;
                          wait->bell.cancel();
                        }));
  while (!wait->ended) {
    (void)co_await wait->bell.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  }
}

// Ready once Redis answers and doesn't throw keys away; looks again while it isn't.
base::Task<void> WatchRedis(Shard& shard, base::Clock& clock, telemetry::Health& health, telemetry::Logger& log) {
  while (true) {
    const auto policy = co_await store::CheckRedisPolicy(*shard.redis);
    const absl::Status status = policy.status();
    if (status.ok()) {
      health.Ready("redis");
    } else {
      health.NotReady("redis", base::ReasonName(base::ReasonOf(status)));
      log.Warn("redis isn't fit for use", {{"error", std::string(status.message())}});
    }
    co_await clock.Sleep(status.ok() ? std::chrono::seconds(5) : std::chrono::seconds(1));
  }
}

absl::StatusOr<std::vector<std::chrono::milliseconds>> Looks(const std::vector<std::string>& texts) {
  std::vector<std::chrono::milliseconds> looks;
  for (const std::string& text : texts) {
    const auto duration = config::ParseDuration(text);
    if (!duration || (!looks.empty() && *duration <= looks.back())) {
      return base::Error(jira::v1::CONFIG_INVALID,
                         fmt::format("--ambiguous-looks: '{}' isn't a duration longer than the one before it", text));
    }
    looks.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(*duration));
  }
  return looks;
}

}  // namespace

void WorkerSettings::AddTo(config::Settings& settings) {
  redis.AddTo(settings);
  ack.AddTo(settings);
  keyring.AddTo(settings);
  service.AddTo(settings);
  upstreams.AddTo(settings);
  settings.AddList("connections", "own only these connections", connections);
  settings.AddList("exclude-connections", "never own these connections", exclude_connections);
  public_url.AddTo(settings);
  settings.AddInt("threads", "loops, each on a thread of its own; 0: one a core", threads, 0, 256);
  settings.AddDuration("lease-ttl", "how long a lease outlives its last renewal", lease_ttl, std::chrono::seconds(3),
                       std::chrono::minutes(5));
  settings.AddDuration("brevo-timeout", "time-out of a call to Brevo; must end well within the lease", brevo_timeout,
                       std::chrono::milliseconds(100), std::chrono::minutes(4));
  settings.AddDuration("jira-timeout", "time-out of a call to Jira", jira_timeout, std::chrono::milliseconds(100),
                       std::chrono::minutes(5));
  settings.AddList("ambiguous-looks", "when to look in Brevo for an event whose answer was lost", ambiguous_looks);
  settings.AddDuration("account-report-scan", "how often new accounts are looked for, to report them to Atlassian",
                       account_report_scan, std::chrono::seconds(1), std::chrono::hours(24 * 7));
  settings.AddDuration("jira-probe", "how often a Jira that refuses an API token is asked whether it takes it again",
                       jira_probe, std::chrono::seconds(1), std::chrono::hours(24));
  settings.AddCheck([this]() -> std::optional<std::string> {
    // A renewal is granted every third of the lease: a call needs what is left then.
    if (brevo_timeout >= lease_ttl * 2 / 3) return "--brevo-timeout must be below two thirds of --lease-ttl";
    const auto looks = Looks(ambiguous_looks);
    return looks.ok() ? std::nullopt : std::optional(std::string(looks.status().message()));
  });
}

int RunWorker(const WorkerSettings& settings, std::string_view version) {
  base::SystemClock clock;
  base::SystemRandom random;
  auto keyring = crypto::Keyring::Load(settings.keyring.file);
  if (!keyring.ok()) return Fail(keyring.status());

  telemetry::LogOptions log_options;
  log_options.service = "tajo-sync-worker";
  log_options.level = *telemetry::ParseLogLevel(settings.service.log_level);
  log_options.format = *telemetry::ParseLogFormat(settings.service.log_format);
  const auto log = telemetry::MakeStderrLogger(log_options, clock);
  telemetry::Metrics metrics(version);
  telemetry::Health health;
  health.NotReady("redis", "not asked yet");
  PrometheusInstruments instruments(metrics, settings.service.metrics_per_connection);
  access::QuotaMetrics quota_metrics(metrics);

  WorkOptions options;
  options.endpoints.jira_auth_url = settings.upstreams.jira_auth_url;
  options.endpoints.jira_api_url = settings.upstreams.jira_api_url;
  options.endpoints.brevo_api_url = settings.upstreams.brevo_api_url;
  options.endpoints.brevo_timeout = std::chrono::duration_cast<std::chrono::milliseconds>(settings.brevo_timeout);
  options.endpoints.jira_timeout = std::chrono::duration_cast<std::chrono::milliseconds>(settings.jira_timeout);
  options.public_url = settings.public_url.url;
  options.ambiguous_looks = *Looks(settings.ambiguous_looks);
  options.account_report_scan = settings.account_report_scan;
  options.jira_probe = settings.jira_probe;
  net::CurlOptions curl;
  curl.allow_insecure = settings.upstreams.allow_insecure_upstreams;
  curl.public_only = settings.upstreams.PublicOnly();
  redis::Options redis_options;
  redis_options.url = settings.redis.url.Reveal();
  redis_options.name = "tajo-sync-worker";

  // Shards live longer than the loops that run on them.
  LiveWork live_work;
  std::vector<std::unique_ptr<Shard>> shards;
  net::LoopPool loops(static_cast<std::size_t>(settings.threads));
  net::LoopPool admin_loop(1);
  const std::string process_id = "w_" + random.Hex(8);
  for (std::size_t i = 0; i < loops.Size(); ++i) {
    auto& context = loops.At(i).Context();
    auto client = redis::Open(context, clock, random, redis_options);
    if (!client.ok()) return Fail(client.status());
    auto subscriber = redis::OpenSubscriber(context, random, redis_options);
    if (!subscriber.ok()) return Fail(subscriber.status());
    FleetOptions fleet{settings.connections, settings.exclude_connections, i, loops.Size()};
    shards.push_back(std::make_unique<Shard>(
        loops.At(i), clock, random, *keyring, *log, instruments, options,
        access::QuotaOptions{static_cast<double>(settings.upstreams.jira_points_per_hour)}, quota_metrics,
        *std::move(client), *std::move(subscriber), static_cast<int>(settings.ack.replicas), live_work, curl,
        fmt::format("{}.{}", process_id, i), std::chrono::duration_cast<std::chrono::milliseconds>(settings.lease_ttl),
        std::move(fleet)));
  }
  auto admin = telemetry::AdminServer::Start(admin_loop, settings.service.metrics_listen.ToString(), metrics, health);
  if (!admin.ok()) return Fail(admin.status());
  log->Info("listening", {{"metrics", fmt::format("{}:{}", settings.service.metrics_listen.host, (*admin)->Port())},
                          {"worker", process_id}});

  telemetry::ProcessTasks tasks;
  tasks.main = [&]() -> base::Task<absl::Status> {
    const auto fleet = [](Shard& shard) { return shard.fleet.Run(); };
    const auto ended = [&](const std::exception_ptr& error) {
      if (error) log->Error("a loop of the worker ended");
    };
    const auto watch = [&](Shard& shard) { return WatchRedis(shard, clock, health, *log); };
    health.Ready("starting");
    for (const auto& shard : shards) boost::asio::co_spawn(shard->executor, fleet(*shard), ended);
    co_await OnShard(*shards.front(), watch);
    co_return absl::OkStatus();
  };
  tasks.drain = [&]() -> base::Task<void> {
    const auto drain = [](Shard& one) -> base::Task<void> {
      co_await one.fleet.Drain();
      (void)co_await one.leases.Leave();
    };
    std::vector<base::Task<void>> drains;
    for (const auto& shard : shards) drains.push_back(OnShard(*shard, drain));
    co_await base::AllOf(std::move(drains));
    co_await (*admin)->Drain(kAdminGrace);
  };
  return telemetry::RunProcess(tasks, settings.service.shutdown_grace, clock, health, *log);
}

}  // namespace tajo::worker
