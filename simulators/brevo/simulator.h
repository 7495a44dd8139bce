#pragma once

#include <boost/asio/thread_pool.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/task.h"
#include "common/net/http_server.h"
#include "common/net/loop.h"
#include "simulators/brevo/account.h"
#include "simulators/brevo/call.h"
#include "simulators/brevo/deliveries.h"
#include "simulators/brevo/faults.h"
#include "simulators/brevo/options.h"
#include "simulators/brevo/violations.h"

namespace tajo::brevo_sim {

// Brevo, as strict as Brevo and with a memory of what it only swallows. Used from one loop.
class Simulator {
 public:
  Simulator(Options options, base::Clock& clock);

  // Webhooks go out by it, on the loop of Handle; without it none are sent.
  void SendWith(Deliveries& deliveries) { deliveries_ = &deliveries; }
  // The handler of an HttpServer; this outlives it.
  base::Task<net::ServerResponse> Handle(const net::ServerRequest& request);

 private:
  base::Task<std::shared_ptr<nlohmann::json>> Parse(std::string_view body);
  base::Task<void> EndImports(Account& account, int64_t now_ms);
  // Null with an answer when the key isn't good.
  Account* Authenticate(const net::ServerRequest& request, std::optional<net::ServerResponse>& refused);
  Account& Open(const std::string& key);
  std::optional<net::ServerResponse> CountCall(Account& account, const Call& call, net::Headers& headers);
  net::ServerResponse Dispatch(Account& account, const Call& call);
  net::ServerResponse File(const Call& call);
  net::ServerResponse Control(const Call& call);
  net::ServerResponse ControlTruth(const Call& call);
  net::ServerResponse ControlChange(const Call& call);
  // What a person does in Brevo: their contact is deleted, or unsubscribes.
  base::Task<net::ServerResponse> ControlPerson(Call call);
  // A deletion by API is one that webhooks tell of, too.
  std::vector<Delivery> Told(Account& account, const Call& call);
  net::ServerResponse Latency(const Call& call) const;

  Options options_;
  base::Clock& clock_;
  Faults faults_;
  Violations violations_;
  Deliveries* deliveries_ = nullptr;
  std::optional<boost::asio::thread_pool> parser_;
  std::map<std::string, std::unique_ptr<Account>> accounts_;  // by API key
  std::map<std::string, std::map<int, int64_t>> answers_;     // "POST /contacts" -> status -> how many
};

// A simulator with its own loop and server, for tests and main.
class RunningSimulator {
 public:
  static absl::StatusOr<std::unique_ptr<RunningSimulator>> Start(Options options, base::Clock& clock);
  ~RunningSimulator();

  uint16_t Port() const { return server_->Port(); }
  std::string Url() const;  // "http://127.0.0.1:40312", without "/v3"

 private:
  RunningSimulator(Options options, base::Clock& clock);

  std::unique_ptr<Simulator> simulator_;
  std::unique_ptr<net::LoopPool> loops_;
  std::unique_ptr<net::HttpClient> client_;  // belongs to the loop's thread
  std::unique_ptr<Deliveries> deliveries_;
  std::unique_ptr<net::HttpServer> server_;
};

}  // namespace tajo::brevo_sim
