#include "services/gateway/wiring.h"

#include <fmt/format.h>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstdio>
#include <optional>
#include <utility>

#include "common/base/error.h"
#include "common/telemetry/admin_server.h"
#include "common/telemetry/process.h"
#include "services/gateway/gateway.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::gateway {
namespace {

constexpr std::chrono::milliseconds kAdminGrace{500};
constexpr std::chrono::seconds kTokensLook{10};  // as for certificates

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "tajo-gateway: %s\n", std::string(status.message()).c_str());
  return base::ReasonOf(status) == jira::v1::CONFIG_INVALID ? 2 : telemetry::kExitFailed;
}

absl::StatusOr<AccessList> LoadAccess(const GatewaySettings& settings) {
  if (settings.insecure) return AccessList::Open();
  return AccessList::Load(settings.auth_tokens_file);
}

telemetry::LogOptions LogOptionsOf(const GatewaySettings& settings) {
  telemetry::LogOptions options;
  options.service = "tajo-gateway";
  options.level = *telemetry::ParseLogLevel(settings.service.log_level);
  options.format = *telemetry::ParseLogFormat(settings.service.log_format);
  return options;
}

BackendOptions BackendOptionsOf(const GatewaySettings& settings) {
  BackendOptions options;
  options.endpoints.jira_auth_url = settings.upstreams.jira_auth_url;
  options.endpoints.jira_api_url = settings.upstreams.jira_api_url;
  options.endpoints.brevo_api_url = settings.upstreams.brevo_api_url;
  options.allow_insecure_upstreams = settings.upstreams.allow_insecure_upstreams;
  options.public_url = settings.public_url.url;
  return options;
}

// Readiness, and the log, follow Redis.
std::function<void(const absl::Status&)> FollowRedis(telemetry::Health& health, telemetry::Logger& log) {
  return [&health, &log](const absl::Status& status) {
    if (status.ok()) {
      health.Ready("redis");
      log.Info("redis answers");
      return;
    }
    health.NotReady("redis", base::ReasonName(base::ReasonOf(status)));
    log.Warn("redis doesn't answer", {{"error", std::string(status.message())}});
  };
}

void TellUnread(const absl::Status& status, telemetry::Logger& log) {
  if (status.ok()) return;
  log.Error("the tokens could not be read again; the former stay", {{"error", std::string(status.message())}});
}

int Serve(const GatewaySettings& settings, std::string_view version, const crypto::Keyring& keyring,
          AccessSource& access) {
  base::SystemClock clock;
  base::SystemRandom random;
  const auto log = telemetry::MakeStderrLogger(LogOptionsOf(settings), clock);
  telemetry::Metrics metrics(version);
  telemetry::Health health;
  health.NotReady("redis", "not asked yet");
  Instruments instruments(metrics);
  access::QuotaMetrics quota_metrics(metrics);
  net::CurlOptions curl;
  curl.allow_insecure = settings.upstreams.allow_insecure_upstreams;
  curl.public_only = settings.upstreams.PublicOnly();
  const ShardParts parts{clock,
                         random,
                         keyring,
                         *log,
                         instruments,
                         BackendOptionsOf(settings),
                         {static_cast<double>(settings.upstreams.jira_points_per_hour)},
                         quota_metrics,
                         curl};

  net::LoopPool loops(static_cast<std::size_t>(settings.threads));
  net::LoopPool admin_loop(1);
  auto admin = telemetry::AdminServer::Start(admin_loop, settings.service.metrics_listen.ToString(), metrics, health);
  if (!admin.ok()) return Fail(admin.status());
  GatewayOptions options;
  options.listen = settings.listen;
  options.tls = settings.tls;
  options.redis.url = settings.redis.url.Reveal();
  options.redis.name = "tajo-gateway";
  options.on_redis = FollowRedis(health, *log);
  auto gateway = Gateway::Start(loops, parts, access, std::move(options));
  if (!gateway.ok()) return Fail(gateway.status());
  const config::ListenAddress listening{settings.listen.host, (*gateway)->Port()};
  const config::ListenAddress metrics_at{settings.service.metrics_listen.host, (*admin)->Port()};
  log->Info("listening", {{"listen", listening.ToString()}, {"metrics", metrics_at.ToString()}});

  // gRPC's shutdown blocks: not on a loop.
  boost::asio::thread_pool blocking(1);
  AccessFile tokens(settings.auth_tokens_file, access);
  telemetry::ProcessTasks tasks;
  tasks.main = [&]() -> base::Task<absl::Status> {
    health.Ready("starting");
    while (true) {
      co_await clock.Sleep(kTokensLook);
      if (!settings.insecure) TellUnread(tokens.ReadIfChanged(), *log);
    }
  };
  tasks.drain = [&]() -> base::Task<void> {
    // A little less than the process has, so that what is cancelled can still be answered.
    const auto grace = std::chrono::duration_cast<std::chrono::milliseconds>(settings.service.shutdown_grace) * 4 / 5;
    Gateway& running = **gateway;
    const auto drain = [&running, grace]() -> base::Task<void> {
      running.Drain(grace);
      co_return;
    };
    co_await boost::asio::co_spawn(blocking.get_executor(), drain(), boost::asio::use_awaitable);
    co_await (*admin)->Drain(kAdminGrace);
  };
  tasks.reload = [&] {
    if (!settings.insecure) TellUnread(tokens.Read(), *log);
  };
  return telemetry::RunProcess(tasks, settings.service.shutdown_grace, clock, health, *log);
}

}  // namespace

void GatewaySettings::AddTo(config::Settings& settings) {
  redis.AddTo(settings);
  keyring.AddTo(settings);
  service.AddTo(settings);
  upstreams.AddTo(settings);
  tls.AddTo(settings);
  settings.AddListen("listen", "where gRPC is served; port 0 picks a free one", listen);
  settings.AddString("auth-tokens-file",
                     "YAML: the SHA-256 of each token, its tenants, read or write; read again when it changes",
                     auth_tokens_file);
  settings.AddBool("insecure", "plaintext and no tokens; refused unless it listens on loopback", insecure);
  public_url.AddTo(settings);
  settings.AddInt("threads", "loops, each on a thread of its own; 0: one a core", threads, 0, 256);
  settings.AddCheck([this]() -> std::optional<std::string> {
    if (insecure && !listen.IsLoopback()) {
      return "--insecure: --listen must be a loopback address, such as 127.0.0.1:50051";
    }
    if (insecure && !auth_tokens_file.empty()) return "--insecure and --auth-tokens-file exclude each other";
    if (!insecure && auth_tokens_file.empty()) {
      return "--auth-tokens-file is missing; --insecure goes without, on loopback only";
    }
    return std::nullopt;
  });
}

int RunGateway(const GatewaySettings& settings, std::string_view version) {
  auto keyring = crypto::Keyring::Load(settings.keyring.file);
  if (!keyring.ok()) return Fail(keyring.status());
  auto list = LoadAccess(settings);
  if (!list.ok()) return Fail(list.status());
  AccessSource access(*std::move(list));
  return Serve(settings, version, *keyring, access);
}

}  // namespace tajo::gateway
