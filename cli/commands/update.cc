#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/commands/connector_command.h"
#include "cli/output/documents.h"
#include "cli/output/text.h"
#include "cli/text_file.h"

namespace tajo::cli {
namespace {

struct UpdateFlags : ConnectorFlags {
  std::string config_file;
  std::string email, api_token, client_secret, brevo_api_key, webhook_secret;
  bool pause = false;
  bool resume = false;

  bool Empty() const {
    return (config_file + email + api_token + client_secret + brevo_api_key + webhook_secret).empty() && !pause &&
           !resume;
  }
};

// What was given as "-" is asked for, so that it stands in no process list and no shell's history.
bool AskForSecrets(Invocation& invocation, UpdateFlags& flags) {
  struct Secret {
    std::string* value;
    const char* flag;
    const char* question;
  };
  for (const Secret& secret : {Secret{&flags.api_token, "--api-token", "New Jira API token"},
                               Secret{&flags.client_secret, "--client-secret", "New client secret of the OAuth app"},
                               Secret{&flags.brevo_api_key, "--brevo-api-key", "New Brevo API key"},
                               Secret{&flags.webhook_secret, "--webhook-secret", "New webhook secret"}}) {
    if (*secret.value != "-") continue;
    const bool asks = invocation.Term().input >= 0;
    *secret.value = asks ? Ask(invocation.Term(), secret.question, Echo::kOff).value_or("") : "";
    if (!secret.value->empty()) continue;
    const char* why = asks ? "nothing was given" : "there is no terminal to ask at";
    invocation.Misused(fmt::format("{} -: {}", secret.flag, why));
    return false;
  }
  return true;
}

int Update(Invocation& invocation, Gateway& gateway, const UpdateFlags& given) {
  UpdateFlags flags = given;
  if (flags.Empty()) return invocation.Misused("say what to change: --config, --pause, --resume or a new credential");
  if (!AskForSecrets(invocation, flags)) return kExitUsage;
  v1::UpdateConnectionRequest request;
  *request.mutable_connection() = invocation.Ref(flags.connection);
  if (!flags.config_file.empty()) {
    auto text = ReadTextFile(flags.config_file);
    if (!text) return invocation.Misused(fmt::format("--config: can't read {}", flags.config_file));
    request.set_config_yaml(*std::move(text));
  }
  if (flags.pause || flags.resume) request.set_paused(flags.pause);
  request.set_jira_email(flags.email);
  request.set_jira_api_token(flags.api_token);
  request.set_oauth_client_secret(flags.client_secret);
  request.set_brevo_api_key(flags.brevo_api_key);
  request.set_webhook_secret(flags.webhook_secret);
  const auto connection = gateway.UpdateConnection(request);
  if (!connection.ok()) return invocation.Fail("can't change the connection", connection.status());
  if (invocation.Flags().json) {
    invocation.SayJson(ToJson(*connection));
  } else {
    invocation.Say("The connection is changed.\n" +
                   Labelled({{"Connection", connection->connection_id()},
                             {"State", Words(v1::ConnectionState_Name(connection->state()))},
                             {"Reason", connection->reason()}}));
  }
  return kExitDone;
}

}  // namespace

void AddUpdate(CLI::App& connectors, Invocation& invocation) {
  auto flags = std::make_shared<UpdateFlags>();
  CLI::App& command =
      AddConnectorCommand(connectors, invocation, "update",
                          "change a connection's config or credentials, pause or resume it", flags, &Update);
  AddConnectionFlag(command, *flags);
  command.add_option("--config", flags->config_file, "the connection's new YAML, all of it")->type_name("FILE");
  auto* pause =
      command.add_flag("--pause", flags->pause, "stop syncing and writing until --resume; webhooks are still taken");
  command.add_flag("--resume", flags->resume, "go on")->excludes(pause);
  command.add_option("--email", flags->email, "the API token's account, if it is another one")->type_name("EMAIL");
  command.add_option("--api-token", flags->api_token, "a new Jira API token; - asks for it")->type_name("TOKEN");
  command.add_option("--client-secret", flags->client_secret, "OAuth: the app's new secret; - asks for it")
      ->type_name("SECRET");
  command.add_option("--brevo-api-key", flags->brevo_api_key, "a new key of the same account; - asks for it")
      ->type_name("KEY");
  command
      .add_option("--webhook-secret", flags->webhook_secret,
                  "a new secret, - asks for it; the former stays valid beside it")
      ->type_name("SECRET");
}

}  // namespace tajo::cli
