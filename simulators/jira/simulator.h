#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/net/http_server.h"
#include "common/net/loop.h"
#include "simulators/jira/options.h"

namespace tajo::jira_sim {

struct Site;

// Jira Cloud on one port: the site under /rest, the gateway under /ex/jira/{cloudId}, the
// authorization server at /authorize and /oauth/token, and the test's own controls under /_control.
class Simulator {
 public:
  // `clock` outlives the simulator; its times are those of issues, tokens and limits.
  static absl::StatusOr<std::unique_ptr<Simulator>> Start(Options options, base::Clock& clock);
  // Stops webhooks and requests at once; not from the simulator's own thread.
  ~Simulator();
  Simulator(const Simulator&) = delete;
  Simulator& operator=(const Simulator&) = delete;

  uint16_t Port() const;
  std::string Url() const;  // "http://127.0.0.1:40123"

 private:
  class Core;
  explicit Simulator(std::unique_ptr<Core> core);

  std::unique_ptr<Core> core_;
};

}  // namespace tajo::jira_sim
