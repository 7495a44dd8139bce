#include "tests/simulation/schedule.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/base/error.h"
#include "services/gateway/forgetting.h"
#include "services/gateway/syncs.h"
#include "tests/simulation/invariants.h"

namespace tajo::simulation {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr char kConfig[] = R"(connectors:
  jira:
    projects:
      - {{key: "SUPPORT", sync_to_list: 22}}
      - {{key: "PRODUCT", sync_to_list: 23}}
    sync_interval: 15m
    on_ambiguous: {}
)";
constexpr char kPrivateMark[] = "confidential-";

SystemOptions OptionsFor(const ScheduleOptions& given, base::Random& dice, std::string* description) {
  static constexpr std::array<const char*, 3> kOnAmbiguous = {"resend", "skip", "hold"};
  SystemOptions options;
  options.seed = given.seed;
  options.print = given.print;
  options.issues = static_cast<uint32_t>(dice.Next() % 16);
  options.customers = static_cast<uint32_t>(2 + dice.Next() % 6);
  const char* on_ambiguous = kOnAmbiguous.at(dice.Next() % kOnAmbiguous.size());
  options.config_yaml = fmt::format(kConfig, on_ambiguous);
  *description =
      fmt::format("{} tickets, {} customers, on_ambiguous {}", options.issues, options.customers, on_ambiguous);
  return options;
}

gateway::Caller Operator() {
  gateway::Caller caller;
  caller.every_tenant = true;
  caller.access = gateway::Access::kWrite;
  return caller;
}

}  // namespace

Schedule::Schedule(ScheduleOptions options, RedisLink& link)
    : options_(options), people_(options.seed ^ 0x70656f706c65) {
  system_ = std::make_unique<System>(OptionsFor(options_, people_, &description_), link);
  system_->Wires().Watch([this](const std::string& host, const net::HttpRequest& request) { Watch(host, request); });
}

std::string Schedule::Run() {
  system_->Connect();
  const Weather weather = Weather::Drawn(system_->Around().dice);
  system_->Become(weather);
  const std::size_t actions = 5 + Below(30);
  description_ += fmt::format(", {} actions; {}", actions, weather.ToString());
  // Mostly quick, so that things overlap.
  const double pace = std::pow(10.0, people_.Fraction() * 2.5);
  for (std::size_t i = 0; i < actions; ++i) {
    system_->Pass(milliseconds(static_cast<int64_t>(1000 * pace * people_.Fraction() * people_.Fraction())));
    Act();
  }
  CalmDown();
  return Judge();
}

void Schedule::Act() {
  const std::size_t die = Below(100);
  if (die < 66) return ChangeTicket();
  if (die < 74) return StartSync();
  if (die < 77) return CancelSync();
  if (die < 83) return CrashWorker();
  if (die < 88) return FreezeWorker();
  if (die < 91) return DrainWorker();
  if (die < 93) {
    if (RunningWorkers() < 3) system_->StartWorker();
    return;
  }
  if (die < 95) return Forget();
  if (die < 97) return DeleteInBrevo();
  return Unsubscribe();
}

void Schedule::ChangeTicket() {
  const jira_sim::World& world = system_->Jira().world;
  std::vector<jira_sim::IssueIndex> live;
  for (jira_sim::IssueIndex i = 0; i < world.IssueCount(); ++i) {
    if (!world.Issue(i).deleted) live.push_back(i);
  }
  if (live.empty() || Chance(0.25)) return CreateTicket();
  // Often the same one several times at once.
  const jira_sim::IssueIndex issue = live[Chance(0.5) ? live.size() - 1 : Below(live.size())];
  const std::size_t changes = Chance(0.3) ? 1 + Below(4) : 1;
  for (std::size_t i = 0; i < changes && !world.Issue(issue).deleted; ++i) ChangeTicketAt(issue);
}

void Schedule::CreateTicket() {
  static constexpr std::array<const char*, 4> kProjects = {"SUPPORT", "SUPPORT", "PRODUCT", "ELSEWHERE"};
  const auto& person = system_->Jira().world.Persons().At(PickCustomer());
  system_->Change({{"op", "create"}, {"project", kProjects.at(Below(4))}, {"reporter", person.account_id}});
}

void Schedule::ChangeTicketAt(jira_sim::IssueIndex issue) {
  const jira_sim::World& world = system_->Jira().world;
  const std::string key = world.Key(world.Issue(issue));
  const std::size_t die = Below(100);
  if (die < 35) {
    const auto& status = jira_sim::kStatuses.at(Below(jira_sim::kStatuses.size()));
    system_->Change({{"op", "transition"}, {"issue", key}, {"to", status.name}});
  } else if (die < 45) {
    const auto& priority = jira_sim::kPriorities.at(Below(jira_sim::kPriorities.size()));
    system_->Change({{"op", "priority"}, {"issue", key}, {"to", priority.name}});
  } else if (die < 50) {
    system_->Change({{"op", "summary"}, {"issue", key}, {"text", fmt::format("It broke again {}", ++texts_)}});
  } else if (die < 60) {
    const auto agent = world.Persons().Agent(static_cast<uint32_t>(Below(jira_sim::People::kAgents)));
    system_->Change({{"op", "assign"}, {"issue", key}, {"assignee", world.Persons().At(agent).account_id}});
  } else if (die < 88) {
    Comment(key);
  } else if (die < 91) {
    const auto& person = world.Persons().At(PickCustomer());
    story_.reassigned.insert(std::to_string(jira_sim::World::IssueId(issue)));
    system_->Change({{"op", "reporter"}, {"issue", key}, {"reporter", person.account_id}});
  } else if (die < 95) {
    static constexpr std::array<const char*, 3> kProjects = {"SUPPORT", "PRODUCT", "ELSEWHERE"};
    story_.disturbed.insert(std::to_string(jira_sim::World::IssueId(issue)));
    system_->Change({{"op", "move"}, {"issue", key}, {"project", kProjects.at(Below(3))}});
  } else {
    story_.disturbed.insert(std::to_string(jira_sim::World::IssueId(issue)));
    system_->Change({{"op", "delete"}, {"issue", key}});
  }
}

void Schedule::Comment(const std::string& key) {
  static constexpr std::array<const char*, 4> kAudiences = {"public", "public", "internal", "restricted"};
  const std::string audience = kAudiences.at(Below(4));
  std::string text = fmt::format("We are looking into it, {}.", ++texts_);
  if (audience != "public") {
    text = fmt::format("{}{}", kPrivateMark, texts_);
  }
  system_->Change({{"op", "comment"}, {"issue", key}, {"audience", audience}, {"text", text}});
}

base::Task<void> Schedule::RunSync(bool full, bool* ended) {
  gateway::SyncCalls calls(system_->Gateway());
  jira::v1::StartSyncRequest request;
  request.mutable_connection()->set_connection_id(system_->ConnectionId());
  request.set_type(full ? jira::v1::FULL : jira::v1::INCREMENTAL);
  while (true) {
    auto started = co_await calls.Start(Operator(), request);
    if (started.ok()) syncs_.push_back(started->sync_id());
    const bool running = base::ReasonOf(started.status()) == jira::v1::SYNC_ALREADY_RUNNING;
    if (started.ok() || (running && ended == nullptr)) break;
    co_await system_->Around().clock.Sleep(seconds(2));
  }
  if (ended != nullptr) *ended = true;
}

void Schedule::StartSync() {
  system_->Record().Add("operator", "starts a sync");
  system_->Spawn(RunSync(Chance(0.4), nullptr));
}

void Schedule::CancelSync() {
  if (syncs_.empty()) return;
  needs_repair_ = true;
  system_->Record().Add("operator", "cancels a sync");
  const auto cancel = [](Schedule& self, std::string id) -> base::Task<void> {
    gateway::SyncCalls calls(self.system_->Gateway());
    jira::v1::CancelSyncRequest request;
    request.mutable_connection()->set_connection_id(self.system_->ConnectionId());
    request.set_sync_id(id);
    (void)co_await calls.Cancel(Operator(), request);
  };
  system_->Spawn(cancel(*this, syncs_[Below(syncs_.size())]));
}

int Schedule::RunningWorkers() {
  return static_cast<int>(std::count_if(system_->Workers().begin(), system_->Workers().end(), [](const auto& worker) {
    return worker->Itself().Runs() && !worker->HasEnded() && !worker->IsDraining();
  }));
}

void Schedule::CrashWorker() {
  for (const auto& worker : system_->Workers()) {
    if (worker->Itself().IsDead() || !worker->Owns()) continue;
    worker->Crash();
    ++story_.crashes;
    break;
  }
  if (RunningWorkers() == 0) system_->StartWorker();
}

void Schedule::FreezeWorker() {
  for (const auto& worker : system_->Workers()) {
    if (!worker->Itself().Runs() || !worker->Owns()) continue;
    const auto thaw = [](System& system, Worker& frozen, base::Duration after) -> base::Task<void> {
      co_await system.Around().clock.Sleep(after);
      system.Record().Add(frozen.Name(), "goes on");
      frozen.Itself().Thaw();
    };
    system_->Record().Add(worker->Name(), "stands still");
    worker->Itself().Freeze();
    system_->Spawn(thaw(*system_, *worker, milliseconds(100 + Below(30'000))));
    if (RunningWorkers() == 0) system_->StartWorker();
    return;
  }
}

void Schedule::DrainWorker() {
  for (const auto& worker : system_->Workers()) {
    if (!worker->Itself().Runs() || !worker->Owns()) continue;
    worker->Drain();
    system_->StartWorker();
    return;
  }
}

base::Task<void> Schedule::ForgetUntilDone(std::string email) {
  gateway::ForgetCall call(system_->Gateway());
  jira::v1::ForgetContactRequest request;
  request.mutable_connection()->set_connection_id(system_->ConnectionId());
  request.set_email(email);
  while (true) {
    auto response = co_await call.Run(Operator(), request);
    if (response.ok()) {
      const auto& in_brevo = response->places(1);
      const bool done = in_brevo.state() == jira::v1::ForgottenPlace::ERASED ||
                        in_brevo.state() == jira::v1::ForgottenPlace::NOT_FOUND;
      if (done) break;
    }
    co_await system_->Around().clock.Sleep(seconds(5));
  }
  system_->Record().Add("operator", "is told that " + email + " is forgotten");
  story_.forgotten[email] = base::ToMillis(system_->Around().clock.Now());
}

void Schedule::Forget() {
  const std::string email = PickEmail();
  if (email.empty() || story_.forgotten.contains(email)) return;
  system_->Record().Add("operator", "forgets " + email);
  story_.forgotten[email] = 0;
  system_->Spawn(ForgetUntilDone(email));
}

void Schedule::DeleteInBrevo() {
  const std::string email = PickEmail();
  if (email.empty()) return;
  const json order = {{"email", email}};
  story_.deleted_in_brevo.insert(email);
  system_->Record().Add("brevo", "somebody deletes " + email);
  (void)system_->Brevo("/_control/contacts/delete", &order);
}

void Schedule::Unsubscribe() {
  const std::string email = PickEmail();
  if (email.empty()) return;
  const json order = {{"email", email}};
  system_->Record().Add("brevo", email + " unsubscribes");
  const json done = system_->Brevo("/_control/contacts/unsubscribe", &order);
  if (done.value("contacts", 0) > 0) story_.unsubscribed.insert(email);
}

jira_sim::UserIndex Schedule::PickCustomer() {
  const jira_sim::People& people = system_->Jira().world.Persons();
  if (Chance(0.05)) return people.App(0);
  if (Chance(0.05)) return people.Agent(3);
  return people.Customer(static_cast<uint32_t>(Below(people.Customers())));
}

std::string Schedule::PickEmail() {
  return std::string(system_->Jira().world.Persons().UsableEmail(PickCustomer()));
}

// What leaves for Brevo, as it arrives there.
void Schedule::Watch(const std::string& host, const net::HttpRequest& request) {
  if (!host.starts_with("brevo") || request.method == net::Method::kGet) return;
  if (request.body.find(kPrivateMark) != std::string::npos) story_.private_texts_sent.push_back(request.body);
  for (const auto& [email, finished] : story_.forgotten) {
    if (finished != 0 && request.body.find(email) != std::string::npos) {
      story_.writes_after_erasure.push_back(fmt::format("{} {}", request.url, request.body));
    }
  }
}

// No faults any more; whatever was lost may be made good by what heals it: a sync.
void Schedule::CalmDown() {
  system_->Record().Add("weather", "calm");
  system_->Become(Weather::Calm());
  for (const auto& worker : system_->Workers()) worker->Itself().Thaw();
  if (RunningWorkers() == 0) system_->StartWorker();
  const auto quiet = [this] {
    const bool forgotten = std::all_of(story_.forgotten.begin(), story_.forgotten.end(),
                                       [](const auto& person) { return person.second != 0; });
    return forgotten && system_->IsQuiet();
  };
  if (!system_->PassUntil(quiet, seconds(5), minutes(180))) return;
  const bool lost = system_->LostWebhooks() > 0;
  for (const bool full : {true, false}) {
    if (full ? !needs_repair_ : !lost && !needs_repair_) continue;
    bool ended = false;
    system_->Spawn(RunSync(full, &ended));
    system_->PassUntil([&] { return ended && system_->IsQuiet(); }, seconds(5), minutes(60));
  }
}

std::string Schedule::Judge() {
  if (!system_->IsQuiet()) return "never came to rest: " + system_->Backlog();
  for (const auto& [email, finished] : story_.forgotten) {
    if (finished == 0) return "the erasure of " + email + " never ended";
  }
  if (!story_.private_texts_sent.empty()) return "a private comment left Jira: " + story_.private_texts_sent.front();
  if (!story_.writes_after_erasure.empty()) return "written after erasure: " + story_.writes_after_erasure.front();
  for (const auto& check : {ViolationsFound, LettersDifference, ContactsDifference, EventsDifference}) {
    if (std::string wrong = check(*system_, story_); !wrong.empty()) return wrong;
  }
  return "";
}

}  // namespace tajo::simulation
