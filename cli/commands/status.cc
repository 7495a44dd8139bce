#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/commands/connector_command.h"
#include "cli/output/documents.h"
#include "cli/output/text.h"

namespace tajo::cli {
namespace {

std::string Refused(const v1::Status& status) {
  if (!IsSet(status.last_refused_webhook())) return "";
  return fmt::format("last {}: {}", When(status.last_refused_webhook()), status.refused_detail());
}

std::string Describe(const v1::Status& status) {
  return Labelled({{"Connection", status.connection_id()},
                   {"Connected", status.connected() ? "yes" : "no"},
                   {"State", Words(v1::ConnectionState_Name(status.state()))},
                   {"Reason", status.reason()},
                   {"Last sync", When(status.last_sync())},
                   {"Last webhook", When(status.last_webhook())},
                   {"Webhooks refused", Refused(status)},
                   {"Issues tracked", Count(status.issues_tracked())},
                   {"Projects monitored", Count(status.projects_monitored())},
                   {"Users linked", Count(status.users_linked())},
                   {"Tickets without a contact", Count(status.tickets_without_contact())},
                   {"Backlog", Count(status.backlog())},
                   {"Dead letters", Count(status.dead_letters())},
                   {"Missed webhooks", Count(status.missed_webhooks())},
                   {"Webhook URL", status.webhook_url()}});
}

int ShowStatus(Invocation& invocation, Gateway& gateway, const ConnectorFlags& flags) {
  v1::GetStatusRequest request;
  *request.mutable_connection() = invocation.Ref(flags.connection);
  const auto status = gateway.GetStatus(request);
  if (!status.ok()) return invocation.Fail("can't get the status", status.status());
  if (invocation.Flags().json) {
    invocation.SayJson(ToJson(*status));
  } else {
    invocation.Say(Describe(*status));
  }
  return kExitDone;
}

}  // namespace

void AddStatus(CLI::App& connectors, Invocation& invocation) {
  auto flags = std::make_shared<ConnectorFlags>();
  CLI::App& command =
      AddConnectorCommand(connectors, invocation, "status", "how the connection is", flags, &ShowStatus);
  AddConnectionFlag(command, *flags);
}

}  // namespace tajo::cli
