#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/commands/connector_command.h"
#include "cli/output/documents.h"
#include "cli/output/text.h"
#include "common/base/random.h"

namespace tajo::cli {
namespace {

struct CreateFlags : ConnectorFlags {
  std::string idempotency_key;
  std::string project, type, summary, description;
};

int Create(Invocation& invocation, Gateway& gateway, const CreateFlags& flags) {
  v1::CreateIssueRequest request;
  *request.mutable_connection() = invocation.Ref(flags.connection);
  request.set_idempotency_key(flags.idempotency_key);
  if (flags.idempotency_key.empty()) request.set_idempotency_key(base::SystemRandom().Hex(16));
  request.set_project_key(flags.project);
  request.set_issue_type(flags.type);
  request.set_summary(flags.summary);
  request.set_description(flags.description);
  const auto response = gateway.CreateIssue(request);
  if (!response.ok()) {
    invocation.Note(fmt::format("to try again without creating it twice, add --idempotency-key {}",
                                Printable(request.idempotency_key())));
    return invocation.Fail("can't create the issue", response.status());
  }
  if (invocation.Flags().json) {
    invocation.SayJson(ToJson(*response));
  } else {
    invocation.Say(fmt::format("{} {}.\n", Printable(response->key()),
                               response->created() ? "is created" : "was created before, by this idempotency key"));
  }
  return kExitDone;
}

}  // namespace

void AddCreateIssue(CLI::App& connectors, Invocation& invocation) {
  auto flags = std::make_shared<CreateFlags>();
  CLI::App& command = AddConnectorCommand(connectors, invocation, "create-issue",
                                          "create an issue in Jira, once however often it is tried", flags, &Create);
  AddConnectionFlag(command, *flags);
  command.add_option("--project", flags->project, "the project's key, as SUPPORT")->required()->type_name("KEY");
  command.add_option("--type", flags->type, "the issue's type, as Task")->required()->type_name("TYPE");
  command.add_option("--summary", flags->summary, "at most 255 characters")->required()->type_name("TEXT");
  command.add_option("--description", flags->description, "plain text")->type_name("TEXT");
  command.add_option("--idempotency-key", flags->idempotency_key, "names this wish; default: one is made")
      ->type_name("KEY");
}

}  // namespace tajo::cli
