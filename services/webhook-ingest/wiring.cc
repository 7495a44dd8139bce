#include "services/webhook-ingest/wiring.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdio>
#include <string>
#include <utility>

#include "common/telemetry/admin_server.h"
#include "common/telemetry/process.h"
#include "services/webhook-ingest/service.h"

namespace tajo::ingest {
namespace {

constexpr char kName[] = "tajo-webhook-ingest";
constexpr std::chrono::milliseconds kAdminGrace{200};
// Of the grace, what is kept for the end behind the drain.
constexpr std::chrono::milliseconds kEndGrace{400};
// Jira waits 20 seconds for an answer; a 503 should come before that.
constexpr std::chrono::milliseconds kRedisTimeout{5'000};

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "%s: %s\n", kName, std::string(status.message()).c_str());
  return telemetry::kExitFailed;
}

std::string At(const config::ListenAddress& address, uint16_t port) {
  config::ListenAddress actual = address;
  actual.port = port;
  return actual.ToString();
}

ServiceOptions OptionsOf(const IngestSettings& settings) {
  ServiceOptions options;
  options.redis.url = settings.redis.url.Reveal();
  options.redis.name = kName;
  options.redis.command_timeout = kRedisTimeout;
  options.ack_replicas = static_cast<int>(settings.ack.replicas);
  options.http.listen = settings.listen.ToString();
  options.http.max_connections = static_cast<std::size_t>(settings.max_connections);
  options.http.tls_cert_file = settings.tls.cert;
  options.http.tls_key_file = settings.tls.key;
  options.http.tls_client_ca_file = settings.tls.client_ca;
  return options;
}

// The loops serve by themselves; the process waits for its signal.
base::Task<absl::Status> WaitForEnd() {
  const auto executor = co_await boost::asio::this_coro::executor;
  boost::asio::steady_timer never(executor, boost::asio::steady_timer::time_point::max());
  (void)co_await never.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  co_return absl::OkStatus();
}

}  // namespace

void IngestSettings::AddTo(config::Settings& settings) {
  settings.AddListen("listen", "where webhooks are taken", listen);
  tls.AddTo(settings);
  redis.AddTo(settings);
  ack.AddTo(settings);
  keyring.AddTo(settings);
  service.AddTo(settings);
  settings.AddInt("threads", "loops, each on a thread of its own; 0: one a core", threads, 0, 256);
  settings.AddInt("max-connections", "how many clients may be connected at once", max_connections, 1, 1'000'000);
}

int RunIngest(const IngestSettings& settings, std::string_view version) {
  base::SystemClock clock;
  base::SystemRandom random;
  auto keyring = crypto::Keyring::Load(settings.keyring.file);
  if (!keyring.ok()) return Fail(keyring.status());

  telemetry::LogOptions log_options;
  log_options.service = kName;
  log_options.level = *telemetry::ParseLogLevel(settings.service.log_level);
  log_options.format = *telemetry::ParseLogFormat(settings.service.log_format);
  const auto log = telemetry::MakeStderrLogger(log_options, clock);
  telemetry::Metrics metrics(version);
  telemetry::Health health;

  net::LoopPool loops(static_cast<std::size_t>(settings.threads));
  net::LoopPool admin_loop(1);
  auto service = Service::Start({loops, clock, random, *keyring, metrics, health, *log}, OptionsOf(settings));
  if (!service.ok()) return Fail(service.status());
  auto admin = telemetry::AdminServer::Start(admin_loop, settings.service.metrics_listen.ToString(), metrics, health);
  if (!admin.ok()) return Fail(admin.status());
  const std::string listen = At(settings.listen, (*service)->Port());
  const std::string metrics_listen = At(settings.service.metrics_listen, (*admin)->Port());
  log->Info("listening", {{"listen", listen}, {"metrics", metrics_listen}});
  health.Ready("starting");

  const auto grace = std::chrono::duration_cast<std::chrono::milliseconds>(settings.service.shutdown_grace);
  telemetry::ProcessTasks tasks;
  tasks.main = [] { return WaitForEnd(); };
  tasks.drain = [&]() -> base::Task<void> {
    co_await (*service)->Drain(std::max(grace - kEndGrace, std::chrono::milliseconds(100)));
    co_await (*admin)->Drain(kAdminGrace);
  };
  return telemetry::RunProcess(tasks, settings.service.shutdown_grace, clock, health, *log);
}

}  // namespace tajo::ingest
