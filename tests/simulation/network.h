#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "common/net/http_client.h"
#include "common/net/http_server.h"
#include "tests/simulation/process.h"
#include "tests/simulation/surroundings.h"

namespace tajo::simulation {

// The network between all processes and both vendors. A request that has left arrives or is lost,
// whatever becomes of who sent it; it never arrives later than its time-out.
class Network {
 public:
  explicit Network(Surroundings& around) : around_(around) {}

  // `http://<host>/...` is answered by `handler`.
  void Serve(const std::string& host, net::Handler handler) { hosts_[host] = std::move(handler); }
  // Told of each request as it arrives.
  using Watcher = std::function<void(const std::string& host, const net::HttpRequest& request)>;
  void Watch(Watcher watcher) { watcher_ = std::move(watcher); }

  base::Task<absl::StatusOr<net::HttpResponse>> Exchange(std::string who, net::HttpRequest request);
  // Requests that are on their way, or answered just now.
  std::size_t UnderWay() const { return under_way_; }

 private:
  struct Journey;
  struct Fate;
  Fate Draw(const net::HttpRequest& request);
  base::Task<void> Travel(std::shared_ptr<Journey> journey, std::string who, net::HttpRequest request);
  base::Task<absl::StatusOr<net::HttpResponse>> Arrive(const net::HttpRequest& request, const Fate& fate);

  Surroundings& around_;
  std::map<std::string, net::Handler> hosts_;
  Watcher watcher_;
  std::size_t under_way_ = 0;
};

// A process' HTTP client.
class ProcessHttp final : public net::HttpClient {
 public:
  ProcessHttp(Network& network, Process& process) : network_(network), process_(process) {}
  base::Task<absl::StatusOr<net::HttpResponse>> Send(net::HttpRequest request) override;

 private:
  Network& network_;
  Process& process_;
};

}  // namespace tajo::simulation
