#include <csignal>
#include <cstdint>
#include <iostream>
#include <string>
#include <utility>

#include "common/base/clock.h"
#include "common/config/settings.h"
#include "simulators/jira/simulator.h"

namespace {

using tajo::jira_sim::Options;

struct Given {
  Options options;
  tajo::config::ListenAddress listen;
  int64_t seed = 1;
  int64_t issues = 5000;
  int64_t customers = 1000;
  int64_t retry_base_ms = 300'000;
  int64_t token_ttl_s = 7 * 86'400;
  std::string limits = "on";
};

void Declare(tajo::config::Settings& settings, Given& given) {
  Options& options = given.options;
  settings.AddListen("listen", "Where to serve; port 0 picks a free one.", given.listen);
  settings.AddInt("seed", "What the site's content follows from.", given.seed, 0, INT64_MAX);
  settings.AddInt("issues", "How many issues exist at the start.", given.issues, 0, 5'000'000);
  settings.AddInt("customers", "How many customers report them.", given.customers, 0, 1'000'000);
  settings.AddList("projects", "Keys of the projects.", options.projects);
  settings.AddString("site-host", "Host in self links; empty: this server's own address.", options.site_host);
  settings.AddString("time-zone", "Zone of the caller's profile.", options.time_zone);
  settings.AddString("email", "Who may call with the API token.", options.email);
  settings.AddSecret("api-token", "The API token (sim-token).", options.api_token);
  settings.AddString("client-id", "The OAuth app.", options.client_id);
  settings.AddSecret("client-secret", "The OAuth app's secret (sim-client-secret).", options.client_secret);
  settings.AddString("cloud-id", "The site's id under /ex/jira/.", options.cloud_id);
  settings.AddChoice("limits", "Refuse what Jira's rate limits refuse.", given.limits, {"on", "off"});
  settings.AddInt("points-per-hour", "Points an hour of the OAuth app.", options.points_per_hour, 1, 100'000'000);
  settings.AddBool("anonymous-search", "Search without valid credentials finds nothing instead of 401.",
                   options.anonymous_search);
  settings.AddInt("retry-base-ms", "Shortest wait before a webhook is sent again.", given.retry_base_ms, 1, 3'600'000);
  settings.AddInt("token-ttl-s", "How long page tokens live.", given.token_ttl_s, 1, 30 * 86'400);
}

}  // namespace

int main(int argc, char** argv) {
  // Before any thread exists, so that all of them leave these signals to sigwait below.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  Given given;
  given.listen = {"127.0.0.1", 0};
  tajo::config::Settings settings("tajo-jira-sim", TAJO_VERSION, "A strict simulator of Jira Cloud.");
  Declare(settings, given);
  if (const auto exit_code = settings.Parse(argc, argv)) return *exit_code;
  Options options = std::move(given.options);
  options.listen = given.listen.host + ':' + std::to_string(given.listen.port);
  options.seed = static_cast<uint64_t>(given.seed);
  options.issues = static_cast<uint32_t>(given.issues);
  options.customers = static_cast<uint32_t>(given.customers);
  options.retry_base = std::chrono::milliseconds(given.retry_base_ms);
  options.token_ttl = std::chrono::seconds(given.token_ttl_s);
  options.limits = given.limits == "on";

  tajo::base::SystemClock clock;
  auto simulator = tajo::jira_sim::Simulator::Start(options, clock);
  if (!simulator.ok()) {
    std::cerr << "tajo-jira-sim: " << simulator.status().message() << '\n';
    return 2;
  }
  std::cout << R"({"listening":"127.0.0.1:)" << (*simulator)->Port() << "\"}" << std::endl;
  std::cerr << "site " << (*simulator)->Url() << ", e-mail " << options.email << ", client id " << options.client_id
            << ", cloud id " << options.cloud_id << ", " << options.issues << " issues\n";
  int signal = 0;
  sigwait(&signals, &signal);
  return 0;
}
