#include "cli/up/machine.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>
#include <utility>

#include "cli/exit_code.h"
#include "cli/output/text.h"

namespace tajo::cli {
namespace {

// A large append-only file takes its time to load.
constexpr std::chrono::minutes kRedisPatience{10};
constexpr std::chrono::seconds kStartPatience{60};
constexpr std::chrono::seconds kRedisGrace{10};
constexpr std::chrono::seconds kSimulatorGrace{5};
// The services keep to the grace themselves; this is for those that don't.
constexpr std::chrono::seconds kGraceMargin{2};

std::string Url(const std::string& address) {
  return "http://" + address;
}

}  // namespace

Machine::Machine(UpOptions options, std::unique_ptr<DataDir> data, Terminal& terminal, base::Clock& clock, int stop)
    : options_(std::move(options)),
      data_(std::move(data)),
      terminal_(terminal),
      supervisor_(
          clock, stop, {},
          {[this](const std::string& name, Stream stream, std::string_view line) { TakeLine(name, stream, line); },
           [this](const std::string& text) { Note(text); }}) {}

int Machine::Run() {
  if (StartAll()) {
    Announce();
    supervisor_.Run();
    if (!options_.json) Note("stopping; Ctrl-C again to stop at once");
  }
  StopAll();
  return exit_code_;
}

bool Machine::StartAll() {
  return StartRedis() && StartSimulators() && StartServices();
}

bool Machine::StartRedis() {
  const Program redis = RedisProgram(options_, *data_);
  const std::string socket = data_->RedisSocket();
  if (!Launch(redis) || !Await([&socket] { return RedisAnswers(socket); }, kRedisPatience, kRedis)) return false;
  supervisor_.MarkReady(redis.name, redis.arguments);
  return true;
}

bool Machine::StartSimulators() {
  if (!options_.simulate) return true;
  const std::vector<Program> programs{JiraSimProgram(options_), BrevoSimProgram(options_)};
  if (!std::ranges::all_of(programs, [this](const Program& one) { return Launch(one); })) return false;
  if (!AwaitListening(programs)) return false;
  places_.jira_sim_url = Url(listening_[kJiraSim].address);
  places_.brevo_sim_url = Url(listening_[kBrevoSim].address);
  return true;
}

bool Machine::StartServices() {
  const Program ingest = IngestProgram(options_, *data_);
  if (!Launch(ingest) || !AwaitListening({ingest})) return false;
  places_.ingest_url = Url(listening_[kIngest].address);
  const std::vector<Program> programs{GatewayProgram(options_, *data_, places_),
                                      WorkerProgram(options_, *data_, places_)};
  return std::ranges::all_of(programs, [this](const Program& one) { return Launch(one); }) && AwaitListening(programs);
}

bool Machine::Launch(const Program& program) {
  if (!options_.verbose) logs_.try_emplace(program.name, data_->Log(program.name));
  const absl::Status status = supervisor_.Start(program);
  if (status.ok()) return true;
  Note(std::string(status.message()));
  exit_code_ = kExitFailed;
  return false;
}

bool Machine::AwaitListening(const std::vector<Program>& programs) {
  std::string names;
  for (const Program& program : programs) names += (names.empty() ? "" : ", ") + program.name;
  const auto all_listen = [this, &programs] {
    return std::ranges::all_of(programs, [this](const Program& one) { return listening_.contains(one.name); });
  };
  if (!Await(all_listen, kStartPatience, names)) return false;
  for (const Program& program : programs) {
    const Listening& where = listening_[program.name];
    supervisor_.MarkReady(program.name, Pinned(program.arguments, where.address, where.metrics));
  }
  return true;
}

bool Machine::Await(const std::function<bool()>& done, base::Duration patience, const std::string& whom) {
  switch (supervisor_.RunUntil(done, patience)) {
    case Supervisor::Outcome::kDone:
      return true;
    case Supervisor::Outcome::kStopAsked:
      return false;
    case Supervisor::Outcome::kProgramEnded: {
      const std::string& end = supervisor_.FirstEnd();
      const std::string name = end.substr(0, end.find(' '));
      Note(fmt::format("{}: {}{}", end, PlainLogLine(last_lines_[name]),
                       options_.verbose ? "" : fmt::format(" (all of it: {})", data_->Log(name))));
      break;
    }
    case Supervisor::Outcome::kTimedOut:
      Note(fmt::format("{} didn't become ready in time{}", whom,
                       options_.verbose ? "" : fmt::format("; see {}/logs", data_->Path())));
      break;
  }
  exit_code_ = kExitFailed;
  return false;
}

void Machine::StopAll() {
  supervisor_.Stop({kWorker, kGateway, kIngest}, options_.grace + kGraceMargin);
  supervisor_.Stop({kJiraSim, kBrevoSim}, kSimulatorGrace);
  supervisor_.Stop({kRedis}, kRedisGrace);
}

void Machine::TakeLine(const std::string& name, Stream stream, std::string_view line) {
  (void)stream;
  if (!line.empty()) last_lines_[name] = line;
  if (const auto where = ParseListening(line)) listening_[name] = *where;
  if (options_.verbose) {
    terminal_.err << fmt::format("[{}] {}\n", name, line) << std::flush;
  } else if (const auto log = logs_.find(name); log != logs_.end()) {
    log->second.Write(line);
  }
}

void Machine::Note(const std::string& text) {
  terminal_.err << "tajo: " << Printable(text) << '\n' << std::flush;
}

void Machine::Announce() {
  if (!options_.json) {
    terminal_.out << Where() << HowToConnect() << std::flush;
    return;
  }
  const auto address = [this](const char* name) {
    return options_.simulate ? nlohmann::json(listening_.at(name).address) : nlohmann::json(nullptr);
  };
  const nlohmann::json document{{"gateway", listening_.at(kGateway).address},
                                {"ingest", listening_.at(kIngest).address},
                                {"metrics",
                                 {{"gateway", listening_.at(kGateway).metrics},
                                  {"ingest", listening_.at(kIngest).metrics},
                                  {"worker", listening_.at(kWorker).metrics}}},
                                {"jiraSim", address(kJiraSim)},
                                {"brevoSim", address(kBrevoSim)},
                                {"redis", "unix://" + data_->RedisSocket()},
                                {"dataDir", data_->Path()}};
  terminal_.out << document.dump() << '\n' << std::flush;
}

std::string Machine::Where() const {
  std::vector<std::pair<std::string, std::string>> lines{
      {"Gateway (gRPC)", listening_.at(kGateway).address},
      {"Webhooks", options_.public_url.empty() ? places_.ingest_url : options_.public_url},
      {"Metrics", fmt::format("{}/metrics (gateway), {}/metrics (ingest), {}/metrics (worker)",
                              Url(listening_.at(kGateway).metrics), Url(listening_.at(kIngest).metrics),
                              Url(listening_.at(kWorker).metrics))},
      {"Jira simulator", places_.jira_sim_url},
      {"Brevo simulator", places_.brevo_sim_url},
      {"Data", data_->Path()}};
  if (!options_.verbose) lines.emplace_back("Logs", data_->Path() + "/logs");
  return "Tajo runs on this machine; Ctrl-C stops it.\n\n" + Labelled(lines);
}

std::string Machine::HowToConnect() const {
  const std::string& gateway = listening_.at(kGateway).address;
  const std::string flags =
      gateway == "127.0.0.1:50051" ? " --insecure" : fmt::format(" --insecure --gateway {}", gateway);
  const std::string account = options_.simulate ? fmt::format(
                                                      "--site-url {} --email ops@example.com --api-token sim-token "
                                                      "--brevo-api-key xkeysib-demo",
                                                      places_.jira_sim_url)
                                                : "--site-url your-domain.atlassian.net --email you@example.com";
  std::string text = fmt::format(
      "\nConnect a tenant, and look at it, in another terminal:\n"
      "  tajo connectors install jira{0} --tenant demo {1}\n"
      "  tajo connectors test jira{0} --tenant demo\n"
      "  tajo connectors status jira{0} --tenant demo\n",
      flags, account);
  if (!options_.simulate && options_.public_url.empty()) {
    text +=
        "\nJira can't reach this machine, so changes arrive by polling. To hear of them at once, make the webhooks'\n"
        "port reachable and start again with --public-url https://your-host.\n";
  }
  return text;
}

}  // namespace tajo::cli
