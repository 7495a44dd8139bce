#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/commands/connector_command.h"
#include "cli/output/documents.h"
#include "cli/output/text.h"

namespace tajo::cli {
namespace {

constexpr int kMostAPage = 500;

struct DeadLetterFlags : ConnectorFlags {
  std::string reason;
  int max_results = 100;
  bool replay = false;
};

int Replay(Invocation& invocation, Gateway& gateway, const v1::ConnectionRef& ref, const v1::DeadLetterFilter& filter) {
  v1::ReplayDeadLettersRequest request;
  *request.mutable_connection() = ref;
  *request.mutable_filter() = filter;
  const auto response = gateway.ReplayDeadLetters(request);
  if (!response.ok()) return invocation.Fail("can't replay the dead letters", response.status());
  if (invocation.Flags().json) {
    invocation.SayJson({{"replayed", response->replayed()}});
  } else {
    invocation.Say(fmt::format("{} dead letters are tried again.\n", Count(response->replayed())));
  }
  return kExitDone;
}

int Show(Invocation& invocation, Gateway& gateway, v1::ListDeadLettersRequest request, int most) {
  nlohmann::json documents = nlohmann::json::array();
  Table table({"ID", "KIND", "REASON", "ATTEMPTS", "LAST ERROR", "MESSAGE"});
  std::string seen_token;
  do {
    request.set_page_size(std::min(most - static_cast<int>(documents.size()), kMostAPage));
    const auto page = gateway.ListDeadLetters(request);
    if (!page.ok()) return invocation.Fail("can't list the dead letters", page.status());
    for (const auto& letter : page->dead_letters()) {
      documents.push_back(ToJson(letter));
      table.Add({letter.id(), letter.kind(), v1::ErrorReason_Name(letter.reason()), std::to_string(letter.attempts()),
                 When(letter.last_error()), letter.message()});
    }
    seen_token = request.page_token();
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty() && request.page_token() != seen_token &&
           static_cast<int>(documents.size()) < most);
  if (invocation.Flags().json) {
    invocation.SayJson(documents);
  } else {
    invocation.Say(table.Empty() ? "No dead letters.\n"
                                 : table.Text(static_cast<std::size_t>(invocation.Term().width)));
  }
  return kExitDone;
}

int DeadLetters(Invocation& invocation, Gateway& gateway, const DeadLetterFlags& flags) {
  v1::DeadLetterFilter filter;
  if (!flags.reason.empty()) {
    v1::ErrorReason reason = v1::ERROR_REASON_UNSPECIFIED;
    if (!v1::ErrorReason_Parse(flags.reason, &reason)) {
      return invocation.Misused(
          fmt::format("--reason: '{}' is none that Tajo knows, as JIRA_RATE_LIMITED", flags.reason));
    }
    filter.set_reason(reason);
  }
  const v1::ConnectionRef ref = invocation.Ref(flags.connection);
  if (flags.replay) return Replay(invocation, gateway, ref, filter);
  v1::ListDeadLettersRequest request;
  *request.mutable_connection() = ref;
  *request.mutable_filter() = filter;
  return Show(invocation, gateway, std::move(request), flags.max_results);
}

}  // namespace

void AddDeadLetters(CLI::App& connectors, Invocation& invocation) {
  auto flags = std::make_shared<DeadLetterFlags>();
  CLI::App& command = AddConnectorCommand(connectors, invocation, "dead-letters",
                                          "what could not be done, and try it again", flags, &DeadLetters);
  AddConnectionFlag(command, *flags);
  command.add_option("--reason", flags->reason, "only those, as JIRA_RATE_LIMITED")->type_name("REASON");
  command.add_option("--max-results", flags->max_results, "show at most so many")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str()
      ->type_name("N");
  command.add_flag("--replay", flags->replay, "try them again instead of showing them");
}

}  // namespace tajo::cli
