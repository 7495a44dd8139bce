#include "simulators/jira/simulator.h"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <utility>

#include "common/base/error.h"
#include "common/net/curl_client.h"
#include "simulators/jira/front.h"

namespace tajo::jira_sim {

class Simulator::Core {
 public:
  explicit Core(std::unique_ptr<Front> front) : loops_(1), front_(std::move(front)) {}

  absl::Status Listen() {
    net::ServerOptions serving;
    serving.listen = front_->Content().options.listen;
    boost::asio::io_context& context = loops_.At(0).Context();
    net::CurlOptions curl;
    curl.allow_insecure = true;
    client_ = net::MakeCurlClient(context, curl);
    front_->SendBy(context, *client_);
    auto server = net::HttpServer::Start(loops_, std::move(serving),
                                         [this](const net::ServerRequest& request) { return front_->Handle(request); });
    if (!server.ok()) return server.status();
    server_ = *std::move(server);
    front_->ServeAt(fmt::format("http://127.0.0.1:{}", server_->Port()));
    return absl::OkStatus();
  }

  void Stop() {
    if (!server_) return;
    boost::asio::co_spawn(loops_.At(0).Context(), Wind(), boost::asio::use_future).wait();
  }

  uint16_t Port() const { return server_->Port(); }
  std::string Url() const { return front_->Content().OwnUrl(); }

 private:
  // Ends requests, webhooks and plays.
  base::Task<void> Wind() {
    co_await server_->Drain(std::chrono::milliseconds(500));
    co_await front_->Wind();
    // The client belongs to this thread.
    client_.reset();
  }

  net::LoopPool loops_;
  std::unique_ptr<net::HttpClient> client_;
  std::unique_ptr<Front> front_;
  std::unique_ptr<net::HttpServer> server_;
};

absl::StatusOr<std::unique_ptr<Simulator>> Simulator::Start(Options options, base::Clock& clock) {
  TAJO_ASSIGN_OR_RETURN(std::unique_ptr<Front> front, Front::Make(std::move(options), clock));
  auto core = std::make_unique<Core>(std::move(front));
  TAJO_RETURN_IF_ERROR(core->Listen());
  return std::unique_ptr<Simulator>(new Simulator(std::move(core)));
}

Simulator::Simulator(std::unique_ptr<Core> core) : core_(std::move(core)) {}
Simulator::~Simulator() {
  core_->Stop();
}
uint16_t Simulator::Port() const {
  return core_->Port();
}
std::string Simulator::Url() const {
  return core_->Url();
}

}  // namespace tajo::jira_sim
