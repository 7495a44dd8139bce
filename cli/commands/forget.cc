#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/commands/connector_command.h"
#include "cli/output/text.h"

namespace tajo::cli {
namespace {

struct ForgetFlags : ConnectorFlags {
  std::string email;
  std::string account_id;
  bool yes = false;
};

const char* WordOf(v1::ForgottenPlace::State state) {
  switch (state) {
    case v1::ForgottenPlace::ERASED:
      return "erased";
    case v1::ForgottenPlace::NOT_FOUND:
      return "nothing there";
    case v1::ForgottenPlace::PENDING:
      return "not yet";
    case v1::ForgottenPlace::NOT_ERASED:
      return "NOT erased";
    default:
      return "unknown";
  }
}

constexpr const char* kBrevoContact = "contact in Brevo";

// Nothing is left that we could do.
bool IsDone(const v1::ForgetContactResponse& response) {
  return std::none_of(response.places().begin(), response.places().end(), [](const v1::ForgottenPlace& place) {
    return place.state() == v1::ForgottenPlace::PENDING ||
           (place.state() == v1::ForgottenPlace::NOT_ERASED && place.place() == kBrevoContact);
  });
}

void ShowPlaces(Invocation& invocation, const v1::ForgetContactResponse& response) {
  for (const v1::ForgottenPlace& place : response.places()) {
    invocation.Say(fmt::format("{:<30}  {:<14}  {}\n", Printable(place.place()), WordOf(place.state()),
                               Printable(place.detail())));
  }
  if (!IsDone(response)) {
    invocation.Say("The person isn't erased everywhere yet; see above.\n");
  } else {
    invocation.Say(response.erased() ? "The person is erased, and stays so.\n"
                                     : "Nobody like that was known; should they appear, they stay out.\n");
  }
}

nlohmann::json Document(const v1::ForgetContactResponse& response) {
  nlohmann::json places = nlohmann::json::array();
  for (const v1::ForgottenPlace& place : response.places()) {
    places.push_back({{"place", place.place()},
                      {"state", v1::ForgottenPlace::State_Name(place.state())},
                      {"detail", place.detail()}});
  }
  return {{"erased", response.erased()}, {"done", IsDone(response)}, {"places", std::move(places)}};
}

int Forget(Invocation& invocation, Gateway& gateway, const ForgetFlags& flags) {
  if (flags.email.empty() == flags.account_id.empty()) {
    return invocation.Misused("name the person by --email or by --account-id, one of the two");
  }
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
  request.set_account_id(flags.account_id);
  const auto response = gateway.ForgetContact(request);
  if (!response.ok()) return invocation.Fail("can't erase the person", response.status());
  if (invocation.Flags().json) {
    invocation.SayJson(Document(*response));
  } else {
    ShowPlaces(invocation, *response);
  }
  return IsDone(*response) ? kExitDone : kExitFailed;
}

}  // namespace

void AddForget(CLI::App& connectors, Invocation& invocation) {
  auto flags = std::make_shared<ForgetFlags>();
  CLI::App& command = AddConnectorCommand(connectors, invocation, "forget",
                                          "erase a person here and in Brevo, and keep them erased", flags, &Forget);
  AddConnectionFlag(command, *flags);
  command.add_option("--email", flags->email, "whose")->type_name("EMAIL");
  command.add_option("--account-id", flags->account_id, "whose, by their account in Jira")->type_name("ID");
  command.add_flag("--yes", flags->yes, "don't ask");
}

}  // namespace tajo::cli
