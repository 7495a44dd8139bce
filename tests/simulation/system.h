#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "common/telemetry/metrics.h"
#include "services/gateway/backend.h"
#include "services/webhook-ingest/ingest.h"
#include "simulators/brevo/deliveries.h"
#include "simulators/brevo/simulator.h"
#include "simulators/jira/front.h"
#include "tajo/jira/v1/record.pb.h"
#include "tests/simulation/network.h"
#include "tests/simulation/worker.h"

namespace tajo::simulation {

inline constexpr char kBrevoKey[] = "xkeysib-simulation";

struct SystemOptions {
  uint64_t seed = 1;
  bool print = false;  // the trace, to stderr
  uint32_t issues = 12;
  uint32_t customers = 6;
  std::string config_yaml;
};

// The whole product, both vendors and all that is between them, on one thread and in a time of their
// own: it passes only while nothing else is left to do.
class System {
 public:
  System(SystemOptions options, RedisLink& link);
  ~System();
  System(const System&) = delete;
  System& operator=(const System&) = delete;

  // Connects the tenant as its users do, registers Jira's admin webhook and starts the first worker.
  void Connect();

  // From now on.
  void Become(const Weather& weather);
  // Lets time pass.
  void Pass(base::Duration duration);
  // Lets time pass until `condition` holds, looking every `step`; false if it doesn't within `at_most`.
  bool PassUntil(const std::function<bool()>& condition, base::Duration step, base::Duration at_most);
  // Lets time pass until the task has ended.
  template <class T>
  T Await(base::Task<T> task, base::Duration at_most);
  // Runs a task beside everything else; `done` may be null.
  void Spawn(base::Task<void> task);

  // One exact change at the Jira site; see jira_sim::MakeExactChange. Refused ones throw.
  nlohmann::json Change(const nlohmann::json& order);
  // A GET or POST to a simulator, beside the network.
  nlohmann::json Brevo(const std::string& path, const nlohmann::json* body = nullptr);
  nlohmann::json JiraControl(const std::string& path);

  Worker& StartWorker();
  std::vector<std::unique_ptr<Worker>>& Workers() { return workers_; }
  // Has the product nothing left to do, apart from events that it holds back for a person?
  bool IsQuiet() { return Backlog().empty(); }
  // What there is to do, in words.
  std::string Backlog();
  // Webhooks that Jira gave up.
  int64_t LostWebhooks();
  std::vector<jira::v1::DeadLetterRecord> DeadLetters();
  // With their state in the ledger: q queued, s sending, h held for a person.
  std::vector<std::pair<jira::v1::OutboxEvent, std::string>> Outbox();
  redis::Reply Redis(redis::Args command);
  std::string Key(const std::string& name) const;

  Surroundings& Around() { return around_; }
  Trace& Record() { return trace_; }
  Network& Wires() { return network_; }
  jira_sim::Site& Jira() { return jira_->Content(); }
  gateway::Backend& Gateway() { return *backend_; }
  const std::string& ConnectionId() const { return connection_id_; }

 private:
  struct Ingest;
  // The vendors' own HTTP clients.
  class OutsideHttp;

  void Settle();  // runs all that is ready
  void Publish(const std::string& channel, const std::string& message);
  net::ServerResponse Ask(const net::Handler& handler, net::Method method, const std::string& path,
                          const std::string& body);

  const SystemOptions options_;
  RedisLink& link_;
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_{context_.get_executor()};
  testing::FakeClock clock_;
  base::SeededRandom dice_;
  Weather weather_ = Weather::Calm();
  Trace trace_;
  Surroundings around_{context_, clock_, dice_, weather_, trace_};
  Network network_{around_};
  crypto::Keyring keyring_;
  std::unique_ptr<telemetry::Logger> log_;
  NoInstruments instruments_;
  worker::WorkOptions work_options_;

  std::unique_ptr<OutsideHttp> outside_;
  std::unique_ptr<jira_sim::Front> jira_;
  brevo_sim::Simulator brevo_;
  std::unique_ptr<brevo_sim::Deliveries> brevo_deliveries_;

  Process gateway_process_{context_, clock_, "gateway"};
  ProcessRedis gateway_redis_;
  ProcessHttp gateway_http_{network_, gateway_process_};
  base::SeededRandom gateway_random_;
  store::Connections gateway_connections_;
  store::Grants gateway_grants_;
  access::Quotas gateway_quotas_;
  store::Jobs gateway_jobs_;
  store::EventIntake gateway_intake_;
  std::unique_ptr<gateway::Backend> backend_;

  std::unique_ptr<Ingest> ingest_;
  std::string connection_id_;
  std::vector<std::unique_ptr<Worker>> workers_;  // the dead ones too
};

template <class T>
T System::Await(base::Task<T> task, base::Duration at_most) {
  auto value = std::make_shared<std::optional<T>>();
  auto failure = std::make_shared<std::exception_ptr>();
  const auto store = [](base::Task<T> its, std::shared_ptr<std::optional<T>> into) -> base::Task<void> {
    T result = co_await std::move(its);
    into->emplace(std::move(result));
  };
  boost::asio::co_spawn(context_, store(std::move(task), value),
                        [failure](std::exception_ptr error) { *failure = std::move(error); });
  const auto ended = [&] { return value->has_value() || *failure; };
  const bool in_time = PassUntil(ended, std::chrono::milliseconds(50), at_most);
  if (*failure) std::rethrow_exception(*failure);
  if (!in_time) throw std::runtime_error("a call of the simulation hasn't ended in time");
  return **std::move(value);
}

}  // namespace tajo::simulation
