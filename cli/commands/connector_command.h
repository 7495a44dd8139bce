#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "cli/commands/commands.h"
#include "cli/exit_code.h"

namespace tajo::cli {

// What the commands of a connector have in common; each adds its own flags to it.
struct ConnectorFlags {
  std::string connector;
  std::string connection;  // empty: the tenant's only one
};

enum class Connector { kRequired, kOptional };

// `connectors <name> jira`. `Flags` derives from ConnectorFlags and lives as long as the command;
// `run` is called with the gateway open.
template <class Flags>
CLI::App& AddConnectorCommand(CLI::App& connectors, Invocation& invocation, const char* name, const char* help,
                              std::shared_ptr<Flags> flags, int (*run)(Invocation&, Gateway&, const Flags&),
                              Connector presence = Connector::kRequired) {
  CLI::App& command = *connectors.add_subcommand(name, help);
  auto* connector = command.add_option("connector", flags->connector, "jira")->check(CLI::IsMember({"jira"}));
  if (presence == Connector::kRequired) connector->required();
  command.callback([&invocation, flags, run] {
    invocation.run = [&invocation, flags, run] {
      const auto gateway = invocation.OpenGateway();
      return gateway ? run(invocation, *gateway, *flags) : kExitUsage;
    };
  });
  return command;
}

inline void AddConnectionFlag(CLI::App& command, ConnectorFlags& flags) {
  command.add_option("--connection", flags.connection, "which connection, where the tenant has several")
      ->type_name("ID");
}

}  // namespace tajo::cli
