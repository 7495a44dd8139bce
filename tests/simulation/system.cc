#include "tests/simulation/system.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/detached.hpp>
#include <nlohmann/json.hpp>

#include "common/store/keys.h"
#include "services/gateway/connections.h"
#include "simulators/jira/exact_change.h"

namespace tajo::simulation {
namespace {

using nlohmann::json;

constexpr char kJiraUrl[] = "http://jira.sim.test";
constexpr char kBrevoUrl[] = "http://brevo.sim.test/v3";
constexpr char kIngestUrl[] = "http://ingest.sim.test";
constexpr char kWebhookSecret[] = "simulated-webhook-secret";
constexpr char kWorkerChannel[] = "w";
// Keyrings are made by a random source of their own: one for all schedules.
constexpr char kKeyring[] = "k1: MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n";

class Silence final : public telemetry::LogSink {
 public:
  explicit Silence(bool print) : print_(print) {}
  void Write(std::string line) override {
    if (print_) std::fputs(line.c_str(), stderr);
  }

 private:
  const bool print_;
};

jira_sim::Options JiraOptions(const SystemOptions& options) {
  jira_sim::Options jira;
  jira.seed = options.seed;
  jira.issues = options.issues;
  jira.customers = options.customers;
  jira.projects = {"SUPPORT", "PRODUCT", "ELSEWHERE"};
  jira.retry_base = std::chrono::seconds(20);
  return jira;
}

brevo_sim::Options BrevoOptions(const SystemOptions& options) {
  brevo_sim::Options brevo;
  brevo.seed = options.seed;
  brevo.lists = {22, 23};
  return brevo;
}

class DirectRequest final : public net::ServerRequest {
 public:
  DirectRequest(std::string_view method, const std::string& target, const std::string& body)
      : method_(method),
        target_(target),
        path_(target.substr(0, target.find('?'))),
        query_(target.find('?') == std::string::npos ? "" : target.substr(target.find('?') + 1)),
        body_(body) {}
  std::string_view Method() const override { return method_; }
  std::string_view Target() const override { return target_; }
  std::string_view Path() const override { return path_; }
  std::string_view Query() const override { return query_; }
  std::string_view Body() const override { return body_; }
  std::optional<std::string_view> Header(std::string_view) const override { return std::nullopt; }
  std::string Remote() const override { return "192.0.2.2:40000"; }

 private:
  const std::string method_, target_, path_, query_, body_;
};

}  // namespace

class System::OutsideHttp final : public net::HttpClient {
 public:
  explicit OutsideHttp(Network& network) : network_(network) {}
  base::Task<absl::StatusOr<net::HttpResponse>> Send(net::HttpRequest request) override {
    return network_.Exchange("vendor", std::move(request));
  }

 private:
  Network& network_;
};

// webhook-ingest, put together as its Service does for one loop.
struct System::Ingest {
  Ingest(System& system, uint64_t seed)
      : process(system.context_, system.clock_, "ingest"),
        redis(system.around_, process, system.link_,
              [&system](const std::string& channel, const std::string& message) { system.Publish(channel, message); }),
        random(seed),
        gate(random),
        directory(redis, process.Clock(), random, system.keyring_),
        intake(redis, process.Clock(), 0),
        wakes(system.context_, intake),
        refusals(system.context_, redis, process.Clock()),
        ingest({redis, process.Clock(), system.keyring_, directory, gate, intake, wakes, refusals, ingest_metrics,
                health, *system.log_}) {
    boost::asio::co_spawn(system.context_, wakes.Run(),
                          boost::asio::bind_cancellation_slot(cancel.slot(), boost::asio::detached));
    boost::asio::co_spawn(system.context_, refusals.Run(),
                          boost::asio::bind_cancellation_slot(no_more_notes.slot(), boost::asio::detached));
  }

  Process process;
  ProcessRedis redis;
  base::SeededRandom random;
  telemetry::Metrics metrics{"simulation"};
  ingest::IngestMetrics ingest_metrics{metrics};
  telemetry::Health health;
  ingest::Gate gate;
  ingest::Directory directory;
  store::EventIntake intake;
  ingest::WakeQueue wakes;
  ingest::RefusalNotes refusals;
  ingest::Ingest ingest;
  boost::asio::cancellation_signal cancel;
  boost::asio::cancellation_signal no_more_notes;  // a signal of its own: it has one slot
};

System::System(SystemOptions options, RedisLink& link)
    : options_(std::move(options)),
      link_(link),
      dice_(options_.seed),
      trace_(clock_, options_.print),
      keyring_(crypto::Keyring::Parse(kKeyring, "simulation").value()),
      log_(std::make_unique<telemetry::Logger>(telemetry::LogOptions{.service = "simulation"}, clock_,
                                               std::make_unique<Silence>(options_.print))),
      outside_(std::make_unique<OutsideHttp>(network_)),
      jira_(jira_sim::Front::Make(JiraOptions(options_), clock_).value()),
      brevo_(BrevoOptions(options_), clock_),
      brevo_deliveries_(std::make_unique<brevo_sim::Deliveries>(*outside_, clock_)),
      gateway_redis_(around_, gateway_process_, link_,
                     [this](const std::string& channel, const std::string& message) { Publish(channel, message); }),
      gateway_random_(options_.seed ^ 0x67617465),
      gateway_connections_(gateway_redis_, clock_, gateway_random_, keyring_),
      gateway_grants_(gateway_redis_, gateway_random_, keyring_),
      gateway_quotas_(gateway_redis_, clock_, access::QuotaOptions(), nullptr),
      gateway_jobs_(gateway_redis_, clock_, gateway_random_),
      gateway_intake_(gateway_redis_, clock_, 0) {
  link_.Clear();
  jira_->SendBy(context_, *outside_);
  jira_->ServeAt(kJiraUrl);
  brevo_.SendWith(*brevo_deliveries_);
  network_.Serve("jira.sim.test", [this](const net::ServerRequest& request) { return jira_->Handle(request); });
  network_.Serve("brevo.sim.test", [this](const net::ServerRequest& request) { return brevo_.Handle(request); });
  network_.Serve("ingest.sim.test",
                 [this](const net::ServerRequest& request) { return ingest_->ingest.Handle(request); });
  work_options_.endpoints = {kJiraUrl, kJiraUrl, kBrevoUrl, std::chrono::seconds(10), std::chrono::seconds(5)};
  work_options_.public_url = kIngestUrl;
  work_options_.ambiguous_looks = {std::chrono::seconds(15), std::chrono::seconds(40), std::chrono::seconds(90)};
  gateway::BackendOptions backend;
  backend.endpoints = work_options_.endpoints;
  backend.allow_insecure_upstreams = true;
  backend.public_url = kIngestUrl;
  backend_ = std::make_unique<gateway::Backend>(gateway::Backend{
      gateway_redis_, gateway_http_, gateway_process_.Clock(), gateway_random_, gateway_connections_, gateway_grants_,
      gateway_quotas_, gateway_jobs_, gateway_intake_, *log_, nullptr, nullptr, std::move(backend)});
  ingest_ = std::make_unique<Ingest>(*this, options_.seed ^ 0x696e67);
}

// Everything that waits ends before what it uses does.
System::~System() {
  for (const auto& worker : workers_) {
    if (!worker->HasEnded()) worker->Crash();
  }
  ingest_->process.Kill();
  ingest_->cancel.emit(boost::asio::cancellation_type::terminal);
  ingest_->no_more_notes.emit(boost::asio::cancellation_type::terminal);
  gateway_process_.Kill();
  Jira().deliveries->Stop();
  const auto ended = [this] {
    const bool workers =
        std::all_of(workers_.begin(), workers_.end(), [](const auto& worker) { return worker->HasEnded(); });
    return workers && network_.UnderWay() == 0 && Jira().deliveries->IsIdle() && clock_.SleepersCount() == 0;
  };
  PassUntil(ended, std::chrono::seconds(5), std::chrono::hours(1));
}

void System::Become(const Weather& weather) {
  weather_ = weather;
  jira_sim::Faults& faults = Jira().faults;
  faults.Clear();
  const json twice = {{"kind", "duplicate_webhook"}, {"probability", weather.webhook_twice}};
  const json held = {{"kind", "reorder_webhook"}, {"probability", weather.webhook_held}, {"delay_ms", 15'000}};
  if (weather.webhook_twice > 0) (void)faults.Add(twice);
  if (weather.webhook_held > 0) (void)faults.Add(held);
}

void System::Settle() {
  while (context_.poll() > 0) {
  }
}

void System::Pass(base::Duration duration) {
  const base::MonotonicTime end = clock_.Monotonic() + duration;
  while (true) {
    Settle();
    const base::Duration left = end - clock_.Monotonic();
    const auto next = clock_.NextWake();
    if (!next || *next > left) {
      clock_.Advance(left);
      Settle();
      return;
    }
    clock_.Advance(*next);
  }
}

bool System::PassUntil(const std::function<bool()>& condition, base::Duration step, base::Duration at_most) {
  const base::MonotonicTime end = clock_.Monotonic() + at_most;
  while (true) {
    Settle();
    if (condition()) return true;
    if (clock_.Monotonic() >= end) return false;
    Pass(step);
  }
}

void System::Spawn(base::Task<void> task) {
  boost::asio::co_spawn(context_, std::move(task), boost::asio::detached);
}

void System::Publish(const std::string& channel, const std::string& message) {
  for (const auto& worker : workers_) {
    if (channel == store::WakeChannel(worker->Name()) && message == connection_id_) worker->Wake();
  }
}

void System::Connect() {
  jira::v1::ConnectRequest request;
  request.set_tenant_id("tenant");
  request.mutable_basic()->set_site_url(kJiraUrl);
  request.mutable_basic()->set_email("ops@example.com");
  request.mutable_basic()->set_api_token("sim-token");
  request.set_brevo_api_key(kBrevoKey);
  request.set_webhook_secret(kWebhookSecret);
  request.set_config_yaml(options_.config_yaml);
  gateway::Caller caller;
  caller.every_tenant = true;
  caller.access = gateway::Access::kWrite;
  gateway::ConnectionCalls calls(*backend_);
  auto response = Await(calls.Connect(caller, std::move(request)), std::chrono::minutes(5));
  if (!response.ok()) throw std::runtime_error("connect: " + response.status().ToString());
  connection_id_ = response->connection().connection_id();
  jira_sim::Registration webhook;
  webhook.name = "admin";
  webhook.url = fmt::format("{}/webhooks/jira/{}", kIngestUrl, connection_id_);
  webhook.secret = base::Secret(kWebhookSecret);
  webhook.events = {"jira:issue_created", "jira:issue_updated", "jira:issue_deleted", "comment_created",
                    "comment_updated",    "comment_deleted",    "worklog_created",    "jira:version_released",
                    "sprint_started",     "sprint_closed"};
  Jira().webhooks.Add(std::move(webhook));
  StartWorker();
}

Worker& System::StartWorker() {
  const std::size_t number = workers_.size();
  workers_.push_back(std::make_unique<Worker>(around_, network_, link_, keyring_, *log_, work_options_, instruments_,
                                              options_.seed * 1000 + number,
                                              fmt::format("{}{}", kWorkerChannel, number), std::chrono::seconds(9)));
  workers_.back()->Start(connection_id_);
  return *workers_.back();
}

json System::Change(const json& order) {
  auto done = jira_sim::MakeExactChange(Jira().world, Jira().changes, order);
  trace_.Add("jira", order.dump());
  if (!done.ok()) throw std::runtime_error("change " + order.dump() + ": " + done.status().ToString());
  return json::parse(*done);
}

net::ServerResponse System::Ask(const net::Handler& handler, net::Method method, const std::string& path,
                                const std::string& body) {
  const DirectRequest request(method == net::Method::kGet ? "GET" : "POST", path, body);
  return Await(handler(request), std::chrono::minutes(1));
}

json System::Brevo(const std::string& path, const json* body) {
  const net::Handler handler = [this](const net::ServerRequest& request) { return brevo_.Handle(request); };
  const auto response =
      Ask(handler, body == nullptr ? net::Method::kGet : net::Method::kPost, path, body == nullptr ? "" : body->dump());
  if (response.status / 100 != 2) throw std::runtime_error(path + ": " + response.body);
  return response.body.empty() ? json() : json::parse(response.body);
}

json System::JiraControl(const std::string& path) {
  const net::Handler handler = [this](const net::ServerRequest& request) { return jira_->Handle(request); };
  const auto response = Ask(handler, net::Method::kGet, path, "");
  if (response.status / 100 != 2) throw std::runtime_error(path + ": " + response.body);
  return json::parse(response.body);
}

redis::Reply System::Redis(redis::Args command) {
  return link_.Execute(command, clock_.Now()).value();
}

std::string System::Key(const std::string& name) const {
  return store::Keys(connection_id_).Of(name);
}

std::string System::Backlog() {
  if (network_.UnderWay() > 0) return "requests under way";
  if (!Jira().deliveries->IsIdle()) return "webhooks under way";
  for (const char* stream : {"events", "people"}) {
    if (Redis({"XLEN", Key(stream)}).Integer() > 0) return stream;
  }
  for (const char* set : {"dirty", "jobs"}) {
    if (Redis({"ZCARD", Key(set)}).Integer() > 0) return set;
  }
  if (Redis({"HLEN", Key("stale")}).Integer() > 0) return "stale";
  for (const auto& [event, state] : Outbox()) {
    if (state != "h") return fmt::format("outbox: {} in state '{}'", event.name(), state);
  }
  return "";
}

int64_t System::LostWebhooks() {
  return json::parse(Jira().deliveries->Json()).value("given_up", int64_t{0});
}

std::vector<jira::v1::DeadLetterRecord> System::DeadLetters() {
  std::vector<jira::v1::DeadLetterRecord> letters;
  const redis::Reply dead = Redis({"XRANGE", Key("dead"), "-", "+"});
  for (const redis::Reply& entry : dead.Elements()) {
    letters.emplace_back().ParseFromString(entry.Elements().at(1).Elements().at(1).String());
  }
  return letters;
}

std::vector<std::pair<jira::v1::OutboxEvent, std::string>> System::Outbox() {
  std::vector<std::pair<jira::v1::OutboxEvent, std::string>> events;
  const redis::Reply outbox = Redis({"XRANGE", Key("outbox"), "-", "+"});
  for (const redis::Reply& entry : outbox.Elements()) {
    const redis::Reply::Array& fields = entry.Elements().at(1).Elements();  // e, its event, u, uid, c, contact, d, day
    const std::string& uid = fields.at(3).String();
    const std::string ledger =
        Key(fmt::format("sent:{}:{:02x}", fields.at(7).String(), static_cast<unsigned char>(uid.at(0))));
    auto& [event, state] = events.emplace_back();
    event.ParseFromString(fields.at(1).String());
    state = Redis({"HGET", ledger, uid}).String();
  }
  return events;
}

}  // namespace tajo::simulation
