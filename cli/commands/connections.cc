#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/commands/connector_command.h"
#include "cli/output/documents.h"
#include "cli/output/text.h"

namespace tajo::cli {
namespace {

struct RemoveFlags : ConnectorFlags {
  bool yes = false;
};

int List(Invocation& invocation, Gateway& gateway, const ConnectorFlags&) {
  v1::ListConnectionsRequest request;
  request.set_tenant_id(invocation.Tenant());
  nlohmann::json documents = nlohmann::json::array();
  Table table({"CONNECTION", "JIRA SITE", "BREVO ACCOUNT", "STATE", "REASON"});
  std::string seen_token;
  do {
    const auto page = gateway.ListConnections(request);
    if (!page.ok()) return invocation.Fail("can't list the connections", page.status());
    for (const auto& connection : page->connections()) {
      documents.push_back(ToJson(connection));
      table.Add({connection.connection_id(), connection.config().site_url(), connection.brevo_account(),
                 Words(v1::ConnectionState_Name(connection.state())), connection.reason()});
    }
    seen_token = request.page_token();
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty() && request.page_token() != seen_token);
  if (invocation.Flags().json) {
    invocation.SayJson(documents);
  } else if (table.Empty()) {
    invocation.Say("No connections yet: 'tajo connectors install jira' makes one.\n");
  } else {
    invocation.Say(table.Text(static_cast<std::size_t>(invocation.Term().width)));
  }
  return kExitDone;
}

// Shows what is about to go; false if it isn't wanted after all.
absl::StatusOr<bool> ConfirmRemoval(Invocation& invocation, Gateway& gateway, const v1::ConnectionRef& ref) {
  v1::GetConnectionRequest request;
  *request.mutable_connection() = ref;
  const auto connection = gateway.GetConnection(request);
  if (!connection.ok()) return connection.status();
  return Confirm(invocation.Term(),
                 fmt::format("Remove connection {} ({} to {}) and all that is stored of it? Contacts in Brevo stay.",
                             Printable(connection->connection_id()), Printable(connection->config().site_url()),
                             Printable(connection->brevo_account())));
}

int Remove(Invocation& invocation, Gateway& gateway, const RemoveFlags& flags) {
  const v1::ConnectionRef ref = invocation.Ref(flags.connection);
  if (!flags.yes) {
    if (invocation.Term().input < 0) return invocation.Misused("add --yes: there is no terminal to ask at");
    const auto wanted = ConfirmRemoval(invocation, gateway, ref);
    if (!wanted.ok()) return invocation.Fail("can't remove the connection", wanted.status());
    if (!*wanted) return invocation.Note("nothing was removed"), kExitFailed;
  }
  v1::DisconnectRequest request;
  *request.mutable_connection() = ref;
  const auto response = gateway.Disconnect(request);
  if (!response.ok()) return invocation.Fail("can't remove the connection", response.status());
  if (invocation.Flags().json) {
    invocation.SayJson(
        {{"removed", true},
         {"leftBehind", std::vector<std::string>(response->left_behind().begin(), response->left_behind().end())}});
    return kExitDone;
  }
  invocation.Say("The connection is removed. Contacts in Brevo stay as they are.\n");
  for (const auto& left : response->left_behind()) invocation.Note("left behind in Jira: " + left);
  return kExitDone;
}

}  // namespace

void AddList(CLI::App& connectors, Invocation& invocation) {
  AddConnectorCommand(connectors, invocation, "list", "the tenant's connections", std::make_shared<ConnectorFlags>(),
                      &List, Connector::kOptional);
}

void AddRemove(CLI::App& connectors, Invocation& invocation) {
  auto flags = std::make_shared<RemoveFlags>();
  CLI::App& command = AddConnectorCommand(connectors, invocation, "remove",
                                          "remove a connection and what is stored of it", flags, &Remove);
  AddConnectionFlag(command, *flags);
  command.add_flag("--yes", flags->yes, "don't ask");
}

}  // namespace tajo::cli
