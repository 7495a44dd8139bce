#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/net/http_client.h"
#include "common/net/http_server.h"
#include "simulators/jira/options.h"
#include "simulators/jira/router.h"
#include "simulators/jira/site.h"

namespace tajo::jira_sim {

// The site's answers, without a server: whoever has requests brings them. Used from one loop.
class Front {
 public:
  // `clock` outlives it. CONFIG_INVALID for a time zone that this machine doesn't know.
  static absl::StatusOr<std::unique_ptr<Front>> Make(Options options, base::Clock& clock);
  Front(const Front&) = delete;
  Front& operator=(const Front&) = delete;

  // Webhooks go out by `client`, from `context`; both outlive it. Comes before the first request.
  void SendBy(boost::asio::io_context& context, net::HttpClient& client);
  // Where it is reached: "http://127.0.0.1:40123".
  void ServeAt(std::string own_url);

  base::Task<Answer> Handle(const net::ServerRequest& request);
  // Ends webhooks and plays.
  base::Task<void> Wind();

  Site& Content() { return site_; }
  const Site& Content() const { return site_; }

 private:
  Front(Options options, base::Clock& clock, std::unique_ptr<Zone> zone);

  Answer Serve(Call& call);
  Answer ServeRest(Call& call);
  // The endpoint that a request is for, as limits count it.
  std::string_view PatternOf(const Call& call) const;

  int background_ = 0;  // tasks of `site_.spawn` that run
  Site site_;
  Router rest_;
  Router outer_;
};

}  // namespace tajo::jira_sim
