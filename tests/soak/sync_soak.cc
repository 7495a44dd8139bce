// The product for minutes on end, as its real processes, with the vendors' limits and random faults on: many
// connections of one Jira site, several workers of which one is killed again and again. In the end every
// connection's Brevo account must hold what Jira has, each event once, and no rule of the vendors be broken.
//   TAJO_SOAK_SECONDS (600), TAJO_SOAK_CONNECTIONS (50), TAJO_SOAK_SEED (the time)
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/system/system.h"
#include "tests/support/eventually.h"

namespace tajo::e2e {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using nlohmann::json;
using testing::Eventually;

constexpr int kWorkers = 3;
constexpr auto kKillEvery = 20s;
constexpr auto kSettleWithin = 15min;

int64_t Setting(const char* name, int64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoll(text, nullptr, 10);
}

struct Tenant {
  std::string brevo_key;
  std::string connection;
};

class Soak {
 public:
  Soak(int connections, int64_t seed)
      : seed_(seed),
        system_({.issues = 300,
                 .customers = 60,
                 .workers = kWorkers,
                 .limits = true,
                 .sync_interval = "2m",
                 .niceness = 5}) {
    for (int i = 0; i < connections; ++i) {
      Tenant tenant{fmt::format("xkeysib-soak-{:03}", i), ""};
      tenant.connection = system_.ConnectBasic({"--tenant", fmt::format("tenant-{:03}", i)}, tenant.brevo_key);
      system_.RegisterAdminWebhook(tenant.connection);
      tenants_.push_back(std::move(tenant));
    }
    AwaitTruth("the first syncs");
    fmt::print("{} connections are in step with Brevo\n", connections);
  }

  void Run(std::chrono::seconds duration) {
    AddFaults();
    const auto end = Clock::now() + duration;
    system_.PostJira("/_control/play", {{"rate", 1.0}, {"count", duration.count()}, {"seed", seed_}});
    std::size_t kills = 0;
    for (auto next = Clock::now() + kKillEvery; next < end; next += kKillEvery) {
      std::this_thread::sleep_until(next);
      system_.Worker(kills % kWorkers).Kill();
      system_.RestartWorker(kills % kWorkers);
      ++kills;
    }
    if (!Eventually([&] { return !system_.Jira("/_control/play").value("running", true); }, 10min)) {
      Fail("the changes were not played");
    }
    fmt::print("{} changes in {} s, {} workers killed\n", system_.Jira("/_control/play").value("done", 0),
               duration.count(), kills);
    ClearFaults();
    AwaitTruth("everything");
  }

  int Verdict() {
    const json truth = system_.Brevo("/_control/truth");
    fmt::print("Brevo: {} contacts, {} events, {} doubled\n", truth["contacts"].get<int64_t>(),
               truth["events"].get<int64_t>(), truth["duplicate_uids"].get<int64_t>());
    if (truth["duplicate_uids"] != 0) Fail("events were doubled: " + truth["duplicate_examples"].dump());
    if (const std::string broken = system_.Violations(); !broken.empty()) Fail("rules were broken: " + broken);
    if (failed_) return 1;
    fmt::print("every account agrees with Jira, each event once, no rule broken\n");
    return 0;
  }

 private:
  // What befalls calls to the vendors and webhooks, each with a small chance. Webhooks aren't lost here: of a
  // deletion nothing else tells within minutes.
  void AddFaults() {
    for (const json& fault :
         {json{{"kind", "status"}, {"status", 503}, {"probability", 0.01}},
          json{{"kind", "rate_limit"}, {"probability", 0.003}}, json{{"kind", "reset"}, {"probability", 0.005}},
          json{{"kind", "truncate"}, {"probability", 0.003}},
          json{{"kind", "html"}, {"status", 502}, {"probability", 0.003}},
          json{{"kind", "slow"}, {"delay_ms", 1500}, {"probability", 0.005}},
          json{{"kind", "repeat_token"}, {"probability", 0.01}},
          json{{"kind", "duplicate_webhook"}, {"probability", 0.02}},
          json{{"kind", "reorder_webhook"}, {"delay_ms", 4000}, {"probability", 0.02}}}) {
      system_.PostJira("/_control/faults", fault);
    }
    for (const json& fault :
         {json{{"kind", "status"}, {"status", 503}, {"probability", 0.01}},
          json{{"kind", "reset"}, {"probability", 0.005}}, json{{"kind", "drop_after_effect"}, {"probability", 0.003}},
          json{{"kind", "truncate"}, {"probability", 0.003}}, json{{"kind", "html"}, {"probability", 0.003}},
          json{{"kind", "slow"}, {"delay_ms", 1000}, {"probability", 0.005}}}) {
      system_.PostBrevo("/_control/faults", fault);
    }
  }

  void ClearFaults() {
    system_.Delete(system_.JiraUrl() + "/_control/faults");
    system_.Delete(system_.BrevoUrl() + "/_control/faults");
  }

  void AwaitTruth(const char* what) {
    const auto begin = Clock::now();
    std::string difference;
    for (const Tenant& tenant : tenants_) {
      const auto agrees = [&] {
        difference = system_.ContactsDifference(tenant.brevo_key);
        if (difference.empty()) difference = system_.EventsDifference(tenant.brevo_key);
        return difference.empty();
      };
      const auto left = kSettleWithin - (Clock::now() - begin);
      if (!Eventually(agrees, std::chrono::duration_cast<std::chrono::milliseconds>(left))) {
        Fail(fmt::format("{} of {} didn't arrive: {}\n{}", what, tenant.brevo_key, difference,
                         system_.Tajo({"connectors", "status", "jira", "--connection", tenant.connection}).out));
      }
    }
  }

  void Fail(const std::string& why) {
    fmt::print(stderr, "{}\n", why);
    failed_ = true;
  }

  int64_t seed_;
  System system_;
  std::vector<Tenant> tenants_;
  bool failed_ = false;
};

}  // namespace
}  // namespace tajo::e2e

int main() {
  using tajo::e2e::Setting;
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  const int64_t seed =
      Setting("TAJO_SOAK_SEED", std::chrono::system_clock::now().time_since_epoch().count() % 1'000'000);
  fmt::print("seed {}\n", seed);
  tajo::e2e::Soak soak(static_cast<int>(Setting("TAJO_SOAK_CONNECTIONS", 50)), seed);
  soak.Run(std::chrono::seconds(Setting("TAJO_SOAK_SECONDS", 600)));
  return soak.Verdict();
}
