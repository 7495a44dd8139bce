#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "cli/gateway.h"
#include "cli/terminal.h"

namespace CLI {
class App;
}

namespace tajo::cli {

// The flags that every command takes. Empty ones come from the environment.
struct GlobalFlags {
  std::string gateway;
  std::string token;
  std::string tenant;
  std::string ca_cert;
  bool insecure = false;
  bool json = false;
};

// One call of the program: what was given, and what its command says about it. Commands set `run`
// while the arguments are read; afterwards it is called once.
class Invocation {
 public:
  explicit Invocation(Terminal& terminal) : terminal_(terminal) {}

  Terminal& Term() { return terminal_; }
  GlobalFlags& Flags() { return flags_; }

  // `--gateway`, `--token` and their kin, with the environment and the defaults behind them.
  GatewaySettings Settings() const;
  std::string Tenant() const;
  v1::ConnectionRef Ref(const std::string& connection_id) const;
  // Nothing when the settings can't be used: that is said, and the command ends with kExitUsage.
  std::unique_ptr<Gateway> OpenGateway();

  // On stdout; others' words must have gone through Printable.
  void Say(std::string_view text);
  void SayJson(const nlohmann::json& document);
  // A line on stderr that changes nothing about the outcome.
  void Note(std::string_view text);
  // "tajo: can't start a sync: <message> (REASON)"; kExitFailed.
  int Fail(std::string_view what, const absl::Status& status);
  // "tajo: <message>"; kExitUsage.
  int Misused(std::string_view message);

  std::function<int()> run;

 private:
  Terminal& terminal_;
  GlobalFlags flags_;
};

}  // namespace tajo::cli
