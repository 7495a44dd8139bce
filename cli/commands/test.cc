#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/commands/connector_command.h"
#include "cli/output/documents.h"
#include "cli/output/text.h"

namespace tajo::cli {
namespace {

constexpr char kGreen[] = "\x1b[32m";
constexpr char kRed[] = "\x1b[31m";
constexpr char kPlain[] = "\x1b[0m";

std::string CheckLine(const v1::Check& check, bool colour) {
  const char* mark = check.passed() ? "✓" : "✗";
  std::string line = colour ? fmt::format("{}{}{}", check.passed() ? kGreen : kRed, mark, kPlain) : mark;
  line += ' ' + Printable(check.name());
  if (!check.passed() && !check.detail().empty()) line += ": " + Printable(check.detail());
  return line + '\n';
}

int Test(Invocation& invocation, Gateway& gateway, const ConnectorFlags& flags) {
  v1::TestConnectionRequest request;
  *request.mutable_connection() = invocation.Ref(flags.connection);
  const auto response = gateway.TestConnection(request);
  if (!response.ok()) return invocation.Fail("can't test the connection", response.status());
  bool passed = response->passed();
  if (invocation.Flags().json) invocation.SayJson(ToJson(*response));
  for (const auto& check : response->checks()) {
    passed = passed && check.passed();
    if (!invocation.Flags().json) invocation.Say(CheckLine(check, invocation.Term().colour));
  }
  return passed ? kExitDone : kExitFailed;
}

}  // namespace

void AddTest(CLI::App& connectors, Invocation& invocation) {
  auto flags = std::make_shared<ConnectorFlags>();
  CLI::App& command =
      AddConnectorCommand(connectors, invocation, "test", "try what the connection needs, a check each", flags, &Test);
  AddConnectionFlag(command, *flags);
}

}  // namespace tajo::cli
