#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "cli/commands/connector_command.h"
#include "cli/output/documents.h"
#include "cli/output/text.h"
#include "cli/text_file.h"

namespace tajo::cli {
namespace {

struct InstallFlags : ConnectorFlags {
  std::string client_id, client_secret, cloud_id, redirect_uri;
  std::string site_url, email, api_token;
  std::string brevo_api_key, webhook_secret, config_file;
  bool no_initial_sync = false;
};

// Something that the connection needs, and where it may come from besides its flag.
struct Needed {
  std::string* value;
  const char* flag;
  const char* variable;  // nullptr: none
  const char* question;
  Echo echo = Echo::kOn;
};

enum class Auth { kBasic, kOAuth };

std::optional<Auth> AuthFrom(bool oauth, bool basic) {
  if (oauth == basic) return std::nullopt;
  return oauth ? Auth::kOAuth : Auth::kBasic;
}

// By the flags; where they don't say, by the environment; where nothing says, Basic.
std::optional<Auth> ChooseAuth(Invocation& invocation, const InstallFlags& flags) {
  const bool oauth = !(flags.client_id + flags.client_secret + flags.cloud_id).empty();
  const bool basic = !(flags.site_url + flags.email + flags.api_token).empty();
  if (oauth && basic) {
    invocation.Misused(
        "--client-id, --client-secret and --cloud-id (OAuth) don't go with --site-url, --email and "
        "--api-token (API token): give one set");
    return std::nullopt;
  }
  if (const auto auth = AuthFrom(oauth, basic)) return auth;
  const Terminal& terminal = invocation.Term();
  const bool app_known = FromEnvironment(terminal, "JIRA_CLIENT_ID").has_value();
  const bool token_known = FromEnvironment(terminal, "JIRA_API_TOKEN").has_value();
  if (app_known && token_known) {
    invocation.Misused(
        "the environment has both JIRA_CLIENT_ID and JIRA_API_TOKEN: say which by --client-id … or "
        "--site-url …");
    return std::nullopt;
  }
  return AuthFrom(app_known, token_known).value_or(Auth::kBasic);
}

std::vector<Needed> WhatIsNeeded(InstallFlags& flags, Auth auth) {
  std::vector<Needed> needed;
  if (auth == Auth::kOAuth) {
    needed = {{&flags.client_id, "--client-id", "JIRA_CLIENT_ID", "Client id of the OAuth app"},
              {&flags.client_secret, "--client-secret", "JIRA_CLIENT_SECRET", "Client secret", Echo::kOff},
              {&flags.cloud_id, "--cloud-id", "JIRA_CLOUD_ID", "Cloud id of the Jira site"}};
  } else {
    // The site may stand in the config instead; the gateway says if it doesn't.
    if (flags.config_file.empty()) {
      needed.push_back({&flags.site_url, "--site-url", nullptr, "Jira site (your-domain.atlassian.net)"});
    }
    needed.push_back({&flags.email, "--email", "JIRA_EMAIL", "E-mail of the Jira account"});
    needed.push_back({&flags.api_token, "--api-token", "JIRA_API_TOKEN", "Jira API token", Echo::kOff});
  }
  needed.push_back({&flags.brevo_api_key, "--brevo-api-key", "BREVO_API_KEY", "Brevo API key", Echo::kOff});
  return needed;
}

// Fills what the flags left open. False: something is still missing, and that was said.
bool Complete(Invocation& invocation, const std::vector<Needed>& needed) {
  Terminal& terminal = invocation.Term();
  std::string missing;
  for (const Needed& one : needed) {
    if (one.value->empty() && one.variable != nullptr) {
      *one.value = FromEnvironment(terminal, one.variable).value_or("");
    }
    if (one.value->empty() && terminal.input >= 0 && missing.empty()) {
      *one.value = Ask(terminal, one.question, one.echo).value_or("");
    }
    if (!one.value->empty()) continue;
    missing += fmt::format("{}{}", missing.empty() ? "" : ", ", one.flag);
    if (one.variable != nullptr) missing += fmt::format(" (or {})", one.variable);
  }
  if (missing.empty()) return true;
  invocation.Misused("missing: " + missing);
  return false;
}

v1::ConnectRequest MakeRequest(const Invocation& invocation, const InstallFlags& flags, Auth auth) {
  v1::ConnectRequest request;
  request.set_tenant_id(invocation.Tenant());
  if (auth == Auth::kOAuth) {
    auto& oauth = *request.mutable_oauth();
    oauth.set_client_id(flags.client_id);
    oauth.set_client_secret(flags.client_secret);
    oauth.set_cloud_id(flags.cloud_id);
    oauth.set_redirect_uri(flags.redirect_uri);
  } else {
    auto& basic = *request.mutable_basic();
    basic.set_site_url(flags.site_url);
    basic.set_email(flags.email);
    basic.set_api_token(flags.api_token);
  }
  request.set_brevo_api_key(flags.brevo_api_key);
  request.set_webhook_secret(flags.webhook_secret);
  request.set_no_initial_sync(flags.no_initial_sync);
  return request;
}

std::string Installed(const v1::ConnectResponse& response) {
  const auto& connection = response.connection();
  const bool pending = connection.state() == v1::PENDING;
  std::string text = pending ? "Jira awaits the consent of an administrator.\n" : "Jira is connected to Brevo.\n";
  text += Labelled({{"Connection", connection.connection_id()},
                    {"State", Words(v1::ConnectionState_Name(connection.state()))},
                    {"Reason", connection.reason()},
                    {"Jira site", connection.config().site_url()},
                    {"Brevo account", connection.brevo_account()},
                    {"First sync", response.sync_id()},
                    {"Webhook URL", connection.webhook_url()},
                    {"Webhook secret", response.webhook_secret()}});
  if (!response.authorization_url().empty()) {
    text += fmt::format(
        "\nOpen this in a browser as an administrator of the Jira site, within ten minutes, and accept:\n  {}\n"
        "Too late? 'tajo connectors authorize jira' makes a new one.\n",
        Printable(response.authorization_url()));
  } else {
    text +=
        "\nTo hear of changes at once, add a webhook in Jira (Settings > System > WebHooks) with the URL and the\n"
        "secret above, for issues, comments, worklogs, versions and sprints.";
    text += response.webhook_secret().empty() ? "\n" : " The secret is shown only now: keep it.\n";
  }
  return text;
}

int Install(Invocation& invocation, Gateway& gateway, const InstallFlags& given) {
  InstallFlags flags = given;
  const auto auth = ChooseAuth(invocation, flags);
  if (!auth) return kExitUsage;
  std::string config;
  if (!flags.config_file.empty()) {
    auto text = ReadTextFile(flags.config_file);
    if (!text) return invocation.Misused(fmt::format("--config: can't read {}", flags.config_file));
    config = *std::move(text);
  }
  if (!Complete(invocation, WhatIsNeeded(flags, *auth))) return kExitUsage;
  v1::ConnectRequest request = MakeRequest(invocation, flags, *auth);
  request.set_config_yaml(config);
  const auto response = gateway.Connect(request);
  if (!response.ok()) return invocation.Fail("can't connect Jira", response.status());
  if (invocation.Flags().json) {
    invocation.SayJson(ToJson(*response));
  } else {
    invocation.Say(Installed(*response));
  }
  return kExitDone;
}

}  // namespace

void AddInstall(CLI::App& connectors, Invocation& invocation) {
  auto flags = std::make_shared<InstallFlags>();
  CLI::App& command =
      AddConnectorCommand(connectors, invocation, "install", "connect a Jira site to a Brevo account", flags, &Install);
  command.add_option("--client-id", flags->client_id, "OAuth: the app's client id (JIRA_CLIENT_ID)")->type_name("ID");
  command.add_option("--client-secret", flags->client_secret, "OAuth: its secret (JIRA_CLIENT_SECRET)")
      ->type_name("SECRET");
  command.add_option("--cloud-id", flags->cloud_id, "OAuth: the site's cloud id (JIRA_CLOUD_ID)")->type_name("ID");
  command.add_option("--redirect-uri", flags->redirect_uri, "OAuth: the app's callback, if it isn't Tajo's")
      ->type_name("URL");
  command.add_option("--site-url", flags->site_url, "API token: your-domain.atlassian.net")->type_name("URL");
  command.add_option("--email", flags->email, "API token: the account's e-mail (JIRA_EMAIL)")->type_name("EMAIL");
  command.add_option("--api-token", flags->api_token, "API token: the token (JIRA_API_TOKEN)")->type_name("TOKEN");
  command.add_option("--brevo-api-key", flags->brevo_api_key, "the Brevo account's key (BREVO_API_KEY)")
      ->type_name("KEY");
  command.add_option("--webhook-secret", flags->webhook_secret, "of the webhook in Jira; default: one is made")
      ->type_name("SECRET");
  command.add_option("--config", flags->config_file, "the connection's YAML")->type_name("FILE");
  command.add_flag("--no-initial-sync", flags->no_initial_sync,
                   "don't read the existing tickets now; nothing is polled before the first sync");
}

}  // namespace tajo::cli
