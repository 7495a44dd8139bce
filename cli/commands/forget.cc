#include <nlohmann/json.hpp>

#include "cli/commands/connector_command.h"

namespace tajo::cli {
namespace {

struct ForgetFlags : ConnectorFlags {
  std::string email;
  bool yes = false;
};

int Forget(Invocation& invocation, Gateway& gateway, const ForgetFlags& flags) {
  if (!flags.yes) {
    if (invocation.Term().input < 0) return invocation.Misused("add --yes: there is no terminal to ask at");
    if (!Confirm(invocation.Term(), "Erase this person in Brevo and here, for good?")) {
      invocation.Note("nobody was erased");
      return kExitFailed;
    }
  }
  v1::ForgetContactRequest request;
  *request.mutable_connection() = invocation.Ref(flags.connection);
  request.set_email(flags.email);
  const auto response = gateway.ForgetContact(request);
  if (!response.ok()) return invocation.Fail("can't erase the person", response.status());
  if (invocation.Flags().json) {
    invocation.SayJson({{"erased", response->erased()}});
  } else {
    invocation.Say(response->erased() ? "The person is erased, and stays so.\n"
                                      : "Nobody with this e-mail is known.\n");
  }
  return kExitDone;
}

}  // namespace

void AddForget(CLI::App& connectors, Invocation& invocation) {
  auto flags = std::make_shared<ForgetFlags>();
  CLI::App& command = AddConnectorCommand(connectors, invocation, "forget",
                                          "erase a person everywhere, and keep them erased", flags, &Forget);
  AddConnectionFlag(command, *flags);
  command.add_option("--email", flags->email, "whose")->required()->type_name("EMAIL");
  command.add_flag("--yes", flags->yes, "don't ask");
}

}  // namespace tajo::cli
