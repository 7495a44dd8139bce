// tajo-brevo-sim: Brevo, for tests and benchmarks. See docs and --help.
#include <fmt/format.h>
#include <signal.h>

#include <charconv>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/config/settings.h"
#include "simulators/brevo/simulator.h"

namespace {

using tajo::brevo_sim::BatchBucket;
using tajo::brevo_sim::Options;
using tajo::brevo_sim::PartialBatch;
using tajo::brevo_sim::Plan;

// What the flags say in words, before it is made into Options.
struct Words {
  std::string limits = "general";
  std::string event_batches = "events";
  std::string partial_batch = "207";
  std::vector<std::string> lists;
  tajo::config::ListenAddress listen{"127.0.0.1", 0};
  int64_t seed = 1;
  tajo::base::Duration import_delay = std::chrono::milliseconds(500);
  tajo::base::Duration min_poll = std::chrono::seconds(2);
};

void Declare(tajo::config::Settings& settings, Words& words, Options& options) {
  settings.AddListen("listen", "address to serve on; port 0 picks a free one", words.listen);
  settings.AddInt("seed", "of everything random (faults with a probability)", words.seed, 0, INT64_MAX);
  settings.AddList("api-keys", "the known API keys; default: any that begins with xkeysib-", options.api_keys);
  settings.AddList("lists", "ids of the lists that every account has, e.g. 22,23", words.lists);
  settings.AddChoice("limits", "rate limits of which plan", words.limits, {"general", "advanced", "extended", "off"});
  settings.AddInt("contacts-rps", "contact calls a second; 0: the plan's", options.contacts_rps, 0, 1'000'000);
  settings.AddInt("events-rps", "events calls a second; 0: the plan's", options.events_rps, 0, 1'000'000);
  settings.AddInt("other-rph", "other calls an hour; 0: the plan's", options.other_rph, 0, 1'000'000'000);
  settings.AddChoice("event-batches", "the bucket that POST /events/batch draws on", words.event_batches,
                     {"events", "other"});
  settings.AddChoice("partial-batch", "the answer to a batch with some bad events", words.partial_batch,
                     {"207", "202", "400"});
  settings.AddDuration("import-delay", "how long an import takes", words.import_delay, {}, std::chrono::hours(1));
  settings.AddDuration("min-poll", "looking at a process more often is a violation", words.min_poll, {},
                       std::chrono::hours(1));
  settings.AddCheck([&words, &options]() -> std::optional<std::string> {
    for (const std::string& text : words.lists) {
      int64_t id = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
      if (error != std::errc() || end != text.data() + text.size() || id <= 0) {
        return fmt::format("--lists: '{}' isn't a list id", text);
      }
      options.lists.push_back(id);
    }
    return std::nullopt;
  });
}

void Apply(const Words& words, Options& options) {
  options.listen = words.listen.ToString();
  options.seed = static_cast<uint64_t>(words.seed);
  options.plan = words.limits == "off"        ? Plan::kOff
                 : words.limits == "extended" ? Plan::kExtended
                 : words.limits == "advanced" ? Plan::kAdvanced
                                              : Plan::kGeneral;
  options.batch_bucket = words.event_batches == "other" ? BatchBucket::kOther : BatchBucket::kEvents;
  options.partial_batch = words.partial_batch == "202"   ? PartialBatch::k202
                          : words.partial_batch == "400" ? PartialBatch::k400
                                                         : PartialBatch::k207;
  options.import_delay_ms = std::chrono::duration_cast<std::chrono::milliseconds>(words.import_delay).count();
  options.min_poll_ms = std::chrono::duration_cast<std::chrono::milliseconds>(words.min_poll).count();
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  Words words;
  tajo::config::Settings settings("tajo-brevo-sim", TAJO_VERSION, "A strict simulator of Brevo's API.");
  Declare(settings, words, options);
  if (const auto exit_code = settings.Parse(argc, argv)) return *exit_code;
  Apply(words, options);

  // Before any thread begins, so that none of them takes these signals.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);

  tajo::base::SystemClock clock;
  auto running = tajo::brevo_sim::RunningSimulator::Start(options, clock);
  if (!running.ok()) {
    fmt::print(stderr, "tajo-brevo-sim: {}\n", std::string(running.status().message()));
    return 1;
  }
  fmt::print("{{\"listening\":\"{}:{}\"}}\n", words.listen.host, (*running)->Port());
  std::fflush(stdout);
  int received = 0;
  sigwait(&signals, &received);
  return 0;
}
