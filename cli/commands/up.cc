#include <fmt/format.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <vector>

#include "cli/commands/commands.h"
#include "cli/exit_code.h"
#include "cli/up/machine.h"
#include "common/config/values.h"

namespace tajo::cli {
namespace {

struct UpFlags {
  UpOptions options;
  std::string grace = "25s";
  std::vector<std::string> pass;
};

std::string DefaultDataDir(const Terminal& terminal) {
  if (const auto data = FromEnvironment(terminal, "XDG_DATA_HOME")) return *data + "/tajo";
  if (const auto home = FromEnvironment(terminal, "HOME")) return *home + "/.local/share/tajo";
  return "";
}

std::string OwnFolder() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
}

std::string FindProgram(const Terminal& terminal, const std::string& name) {
  const std::string path = FromEnvironment(terminal, "PATH").value_or("/usr/local/bin:/usr/bin:/bin");
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    std::string candidate = path.substr(begin, end - begin) + '/' + name;
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
    begin = end + 1;
  }
  return "";
}

// "worker=--threads=1"
bool AddFurther(const std::string& text, UpOptions& options) {
  constexpr std::array kNames{kRedis, kGateway, kIngest, kWorker, kJiraSim, kBrevoSim};
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals + 1 == text.size()) return false;
  const std::string name = text.substr(0, equals);
  if (std::ranges::find(kNames, name) == kNames.end()) return false;
  options.further.emplace(name, text.substr(equals + 1));
  return true;
}

// What is wrong with the flags; fills what they left open.
std::optional<std::string> Settle(const Terminal& terminal, const UpFlags& flags, UpOptions& options) {
  const auto gateway = config::ParseListen(options.gateway_listen);
  if (!gateway || !gateway->IsLoopback()) {
    return "--gateway-listen: must be an address of this machine, as 127.0.0.1:50051: it takes calls in plaintext";
  }
  if (!config::ParseListen(options.ingest_listen)) {
    return fmt::format("--ingest-listen: '{}' isn't host:port", options.ingest_listen);
  }
  const auto grace = config::ParseDuration(flags.grace);
  if (!grace) return fmt::format("--shutdown-grace: '{}' isn't a duration like 25s", flags.grace);
  options.grace = *grace;
  for (const std::string& text : flags.pass) {
    if (!AddFurther(text, options)) {
      return fmt::format(
          "--pass: '{}' isn't PROGRAM=ARGUMENT, with redis, gateway, ingest, worker, jira-sim or "
          "brevo-sim",
          text);
    }
  }
  if (options.data_dir.empty()) options.data_dir = DefaultDataDir(terminal);
  if (options.data_dir.empty()) return "--data-dir: give one: HOME isn't set";
  if (options.bin_dir.empty()) options.bin_dir = OwnFolder();
  if (options.redis_server.empty()) options.redis_server = FindProgram(terminal, "redis-server");
  if (options.redis_server.empty()) {
    return "redis-server isn't installed: apt-get install redis-server, or name it with --redis-server";
  }
  return std::nullopt;
}

// SIGINT and SIGTERM as a descriptor, until this goes.
class StopSignals {
 public:
  StopSignals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, &before_);
    descriptor_ = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  }
  ~StopSignals() {
    if (descriptor_ >= 0) close(descriptor_);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  int Descriptor() const { return descriptor_; }

 private:
  sigset_t before_{};
  int descriptor_ = -1;
};

int Up(Invocation& invocation, const UpFlags& flags) {
  UpOptions options = flags.options;
  options.json = invocation.Flags().json;
  if (const auto wrong = Settle(invocation.Term(), flags, options)) return invocation.Misused(*wrong);
  auto data = DataDir::Open(options.data_dir);
  if (!data.ok()) return invocation.Fail("can't start", data.status());
  const StopSignals signals;
  base::SystemClock clock;
  Machine machine(std::move(options), *std::move(data), invocation.Term(), clock, signals.Descriptor());
  return machine.Run();
}

}  // namespace

void AddUp(CLI::App& app, Invocation& invocation) {
  CLI::App& command = *app.add_subcommand("up", "run everything on this machine, with a Redis of its own");
  auto flags = std::make_shared<UpFlags>();
  UpOptions& options = flags->options;
  command.add_option("--data-dir", options.data_dir, "where data, keyring and logs are kept (~/.local/share/tajo)")
      ->type_name("FOLDER");
  command.add_option("--gateway-listen", options.gateway_listen, "where the gateway listens; port 0: a free one")
      ->capture_default_str()
      ->type_name("HOST:PORT");
  command.add_option("--ingest-listen", options.ingest_listen, "where webhooks are taken; port 0: a free one")
      ->capture_default_str()
      ->type_name("HOST:PORT");
  command.add_option("--public-url", options.public_url, "where Jira reaches the webhooks' port")->type_name("URL");
  command.add_flag("--simulate", options.simulate, "with simulators of Jira and Brevo instead of the real ones");
  command.add_flag("--verbose", options.verbose, "the programs' logs to stderr instead of files");
  command.add_option("--shutdown-grace", flags->grace, "how long the services may take to stop")
      ->capture_default_str()
      ->type_name("DURATION");
  command.add_option("--bin-dir", options.bin_dir, "where the services' programs are; default: beside this one")
      ->type_name("FOLDER");
  command.add_option("--redis-server", options.redis_server, "the Redis program; default: the one in PATH")
      ->type_name("FILE");
  command.add_option("--pass", flags->pass, "a further argument for one program, as worker=--threads=1; repeatable")
      ->type_name("PROGRAM=ARGUMENT")
      ->allow_extra_args(false);
  command.callback([&invocation, flags] { invocation.run = [&invocation, flags] { return Up(invocation, *flags); }; });
}

}  // namespace tajo::cli
