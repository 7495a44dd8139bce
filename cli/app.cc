#include "cli/app.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <exception>
#include <string>

#include "cli/commands/commands.h"
#include "cli/exit_code.h"

namespace tajo::cli {
namespace {

void AddGlobalFlags(CLI::App& app, GlobalFlags& flags) {
  app.add_option("--gateway", flags.gateway, "the gateway (TAJO_GATEWAY; default 127.0.0.1:50051)")
      ->type_name("HOST:PORT");
  app.add_option("--token", flags.token, "the API token (TAJO_API_KEY)")->type_name("TOKEN");
  app.add_option("--tenant", flags.tenant, "the tenant, where the token has several (TAJO_TENANT)")->type_name("ID");
  app.add_option("--ca-cert", flags.ca_cert, "believe the gateway by this CA instead of the system's")
      ->type_name("FILE");
  app.add_flag("--insecure", flags.insecure, "plaintext, to a gateway on this machine only (TAJO_INSECURE=true)");
  app.add_flag("--json", flags.json, "print JSON, for programs");
}

void AddConnectors(CLI::App& app, Invocation& invocation) {
  CLI::App& connectors = *app.add_subcommand("connectors", "connect Jira and Brevo, and look after it");
  connectors.require_subcommand(1);
  AddInstall(connectors, invocation);
  AddAuthorize(connectors, invocation);
  AddTest(connectors, invocation);
  AddSync(connectors, invocation);
  AddStatus(connectors, invocation);
  AddQuery(connectors, invocation);
  AddList(connectors, invocation);
  AddUpdate(connectors, invocation);
  AddRemove(connectors, invocation);
  AddDeadLetters(connectors, invocation);
  AddPreview(connectors, invocation);
  AddTrace(connectors, invocation);
  AddCreateIssue(connectors, invocation);
  AddForget(connectors, invocation);
  AddCapacity(connectors, invocation);
}

// "tajo connectors install": the command that the arguments got to.
std::string CommandName(const CLI::App& app) {
  std::string name = app.get_name();
  for (const CLI::App* at = &app; !at->get_subcommands().empty();) {
    at = at->get_subcommands().front();
    name += ' ' + at->get_name();
  }
  return name;
}

}  // namespace

int RunTajo(int argc, const char* const* argv, Terminal& terminal, const char* version) {
  Invocation invocation(terminal);
  CLI::App app("Keeps Jira Cloud and Brevo in step.", "tajo");
  app.fallthrough();  // global flags may stand anywhere
  app.require_subcommand(1);
  app.set_help_flag("-h,--help", "show this and end");
  app.set_version_flag("--version", std::string("tajo ") + version, "show the version and end");
  AddGlobalFlags(app, invocation.Flags());
  AddConnectors(app, invocation);
  AddKeyring(app, invocation);
  AddUp(app, invocation);
  try {
    app.parse(argc, argv);
    return invocation.run();
  } catch (const CLI::Success& help_or_version) {
    return app.exit(help_or_version, terminal.out, terminal.err);
  } catch (const CLI::RequiredError& error) {
    const auto unknown = app.remaining(true);
    if (unknown.empty()) return invocation.Misused(fmt::format("{}; see {} --help", error.what(), CommandName(app)));
    return invocation.Misused(fmt::format("'{}' isn't known; see {} --help", unknown.front(), CommandName(app)));
  } catch (const CLI::ParseError& error) {
    return invocation.Misused(fmt::format("{}; see {} --help", error.what(), CommandName(app)));
  } catch (const std::exception& error) {
    invocation.Note(fmt::format("this is a fault of tajo's own: {}", error.what()));
    return kExitFailed;
  }
}

}  // namespace tajo::cli
