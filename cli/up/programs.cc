#include "cli/up/programs.h"

#include <fmt/format.h>

#include <utility>

#include "common/config/values.h"

namespace tajo::cli {
namespace {

constexpr char kFreePort[] = "127.0.0.1:0";
// The lists of the product page's configuration.
constexpr char kSimulatedLists[] = "22,23";

Program Finish(const UpOptions& options, std::string name, std::vector<std::string> arguments) {
  const auto [begin, end] = options.further.equal_range(name);
  for (auto one = begin; one != end; ++one) arguments.push_back(one->second);
  return {std::move(name), std::move(arguments)};
}

std::vector<std::string> Service(const UpOptions& options, const DataDir& data, const char* file) {
  return {fmt::format("{}/{}", options.bin_dir, file), fmt::format("--redis-url=unix://{}", data.RedisSocket()),
          "--keyring-file=" + data.Keyring(), fmt::format("--metrics-listen={}", kFreePort),
          "--shutdown-grace=" + config::FormatDuration(options.grace)};
}

void AddUpstreams(std::vector<std::string>& arguments, const Places& places) {
  if (places.jira_sim_url.empty()) return;
  arguments.push_back("--allow-insecure-upstreams");
  arguments.push_back("--jira-auth-url=" + places.jira_sim_url);
  arguments.push_back("--jira-api-url=" + places.jira_sim_url);
  arguments.push_back(fmt::format("--brevo-api-url={}/v3", places.brevo_sim_url));
}

}  // namespace

Program RedisProgram(const UpOptions& options, const DataDir& data) {
  return Finish(options, kRedis,
                {options.redis_server,
                 "--port",
                 "0",
                 "--unixsocket",
                 data.RedisSocket(),
                 "--unixsocketperm",
                 "700",
                 "--dir",
                 data.Redis(),
                 "--appendonly",
                 "yes",
                 "--appendfsync",
                 "always",
                 "--save",
                 "",
                 "--maxmemory-policy",
                 "noeviction",
                 "--daemonize",
                 "no",
                 "--logfile",
                 ""});
}

Program JiraSimProgram(const UpOptions& options) {
  return Finish(options, kJiraSim, {options.bin_dir + "/tajo-jira-sim", fmt::format("--listen={}", kFreePort)});
}

Program BrevoSimProgram(const UpOptions& options) {
  return Finish(options, kBrevoSim,
                {options.bin_dir + "/tajo-brevo-sim", fmt::format("--listen={}", kFreePort),
                 fmt::format("--lists={}", kSimulatedLists)});
}

Program IngestProgram(const UpOptions& options, const DataDir& data) {
  std::vector<std::string> arguments = Service(options, data, "tajo-webhook-ingest");
  arguments.push_back("--listen=" + options.ingest_listen);
  return Finish(options, kIngest, std::move(arguments));
}

Program GatewayProgram(const UpOptions& options, const DataDir& data, const Places& places) {
  std::vector<std::string> arguments = Service(options, data, "tajo-gateway");
  arguments.push_back("--listen=" + options.gateway_listen);
  arguments.push_back("--insecure");
  arguments.push_back("--public-url=" + (options.public_url.empty() ? places.ingest_url : options.public_url));
  AddUpstreams(arguments, places);
  return Finish(options, kGateway, std::move(arguments));
}

Program WorkerProgram(const UpOptions& options, const DataDir& data, const Places& places) {
  std::vector<std::string> arguments = Service(options, data, "tajo-sync-worker");
  // Without a public URL no webhook is registered in a real Jira: it couldn't reach us.
  const std::string& url = options.public_url.empty() && options.simulate ? places.ingest_url : options.public_url;
  if (!url.empty()) arguments.push_back("--public-url=" + url);
  AddUpstreams(arguments, places);
  return Finish(options, kWorker, std::move(arguments));
}

std::vector<std::string> Pinned(std::vector<std::string> arguments, const std::string& listen,
                                const std::string& metrics) {
  for (std::string& argument : arguments) {
    if (argument.starts_with("--listen=") && !listen.empty()) argument = "--listen=" + listen;
    if (argument.starts_with("--metrics-listen=") && !metrics.empty()) argument = "--metrics-listen=" + metrics;
  }
  return arguments;
}

}  // namespace tajo::cli
