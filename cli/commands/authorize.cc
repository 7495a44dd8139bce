#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/commands/connector_command.h"
#include "cli/output/documents.h"
#include "cli/output/text.h"

namespace tajo::cli {
namespace {

struct AuthorizeFlags : ConnectorFlags {
  std::string state;
  std::string code;
};

int Complete(Invocation& invocation, Gateway& gateway, const AuthorizeFlags& flags) {
  v1::CompleteAuthorizationRequest request;
  request.set_state(flags.state);
  request.set_code(flags.code);
  const auto response = gateway.CompleteAuthorization(request);
  if (!response.ok()) return invocation.Fail("can't complete the authorization", response.status());
  if (invocation.Flags().json) {
    nlohmann::json document = ToJson(response->connection());
    document["syncId"] = response->sync_id().empty() ? nlohmann::json(nullptr) : nlohmann::json(response->sync_id());
    invocation.SayJson(document);
  } else {
    invocation.Say(fmt::format("Connection {} is {}.\n", Printable(response->connection().connection_id()),
                               Words(v1::ConnectionState_Name(response->connection().state()))));
  }
  return kExitDone;
}

int Authorize(Invocation& invocation, Gateway& gateway, const AuthorizeFlags& flags) {
  if (flags.state.empty() != flags.code.empty()) {
    return invocation.Misused("--state and --code, as the callback received them, go together");
  }
  if (!flags.state.empty()) return Complete(invocation, gateway, flags);
  v1::BeginAuthorizationRequest request;
  *request.mutable_connection() = invocation.Ref(flags.connection);
  const auto response = gateway.BeginAuthorization(request);
  if (!response.ok()) return invocation.Fail("can't begin the authorization", response.status());
  if (invocation.Flags().json) {
    invocation.SayJson(
        {{"authorizationUrl", response->authorization_url()}, {"expiresAt", Iso(response->expires_at())}});
  } else {
    invocation.Say(
        fmt::format("Open this in a browser as an administrator of the Jira site and accept:\n  {}\n"
                    "It is good until {}.\n",
                    Printable(response->authorization_url()), When(response->expires_at())));
  }
  return kExitDone;
}

}  // namespace

void AddAuthorize(CLI::App& connectors, Invocation& invocation) {
  auto flags = std::make_shared<AuthorizeFlags>();
  CLI::App& command = AddConnectorCommand(connectors, invocation, "authorize", "OAuth: consent anew, or complete it",
                                          flags, &Authorize);
  AddConnectionFlag(command, *flags);
  command.add_option("--state", flags->state, "with --code: complete, with what the callback received");
  command.add_option("--code", flags->code, "with --state");
}

}  // namespace tajo::cli
