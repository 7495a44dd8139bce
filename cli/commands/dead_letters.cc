#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "cli/commands/connector_command.h"
#include "cli/output/documents.h"
#include "cli/output/text.h"
#include "common/json/time.h"

namespace tajo::cli {
namespace {

constexpr int kLettersAPage = 500;

struct DeadLetterFlags : ConnectorFlags {
  std::string reason, kind, issue, from, to;
  std::vector<std::string> ids;
  int max_results = 100;
  bool replay = false;
  bool dry_run = false;
  bool yes = false;
};

void SetTime(const std::string& text, google::protobuf::Timestamp* time, const char* flag, std::string& complaint) {
  const auto millis = json::ParseJiraTime(text);
  if (!millis) {
    complaint = fmt::format("{}: '{}' isn't a time like 2026-11-27T08:00:00Z, or a day", flag, text);
    return;
  }
  time->set_seconds(*millis / 1000);
  time->set_nanos(static_cast<int32_t>(*millis % 1000) * 1'000'000);
}

// What is wrong with the flags; "" if nothing.
std::string ReadFilter(const DeadLetterFlags& flags, v1::DeadLetterFilter& filter) {
  v1::ErrorReason reason = v1::ERROR_REASON_UNSPECIFIED;
  if (!flags.reason.empty() && !v1::ErrorReason_Parse(flags.reason, &reason)) {
    return fmt::format("--reason: '{}' is none that Tajo knows, as JIRA_RATE_LIMITED", flags.reason);
  }
  filter.set_reason(reason);
  filter.set_kind(flags.kind);
  filter.set_issue(flags.issue);
  for (const std::string& id : flags.ids) filter.add_ids(id);
  std::string complaint;
  if (!flags.from.empty()) SetTime(flags.from, filter.mutable_from(), "--from", complaint);
  if (!flags.to.empty()) SetTime(flags.to, filter.mutable_to(), "--to", complaint);
  return complaint;
}

void SayOutcome(Invocation& invocation, const v1::ReplayDeadLettersResponse& outcome, bool dry_run) {
  if (invocation.Flags().json) return invocation.SayJson(ToJson(outcome));
  invocation.Say(fmt::format("{} of {} dead letters {}.\n", Count(outcome.replayed()), Count(outcome.matched()),
                             dry_run ? "would be tried again" : "are tried again"));
  const auto line = [&invocation](int64_t count, const char* what) {
    if (count > 0) invocation.Say(fmt::format("  {}  {}\n", Count(count), what));
  };
  line(outcome.already_done(), "need nothing any more: their event is sent, or their contact is gone");
  line(outcome.erased(), "are of people who are erased");
  line(outcome.unreadable(), "stay: they can't be read");
  line(outcome.too_old(), "stay: older than the ledger remembers, they might be repetitions");
  line(outcome.ambiguous(), "stay: they may be in Brevo already; --reason EVENT_AMBIGUOUS tries them too");
  if (!outcome.stopped_by().empty()) invocation.Note("not all were seen: " + outcome.stopped_by());
}

int Replay(Invocation& invocation, Gateway& gateway, v1::ReplayDeadLettersRequest request,
           const DeadLetterFlags& flags) {
  const bool ask = !flags.yes && !flags.dry_run;
  if (ask && invocation.Term().input < 0) {
    return invocation.Misused("add --yes (or --dry-run): there is no terminal to ask at");
  }
  request.set_dry_run(ask || flags.dry_run);
  auto outcome = gateway.ReplayDeadLetters(request);
  if (!outcome.ok()) return invocation.Fail("can't replay the dead letters", outcome.status());
  if (ask) {
    if (outcome->matched() == 0) return invocation.Say("No dead letters.\n"), kExitDone;
    const auto question =
        fmt::format("Try {} of {} dead letters again?", Count(outcome->replayed()), Count(outcome->matched()));
    if (!Confirm(invocation.Term(), question)) return invocation.Note("nothing was replayed"), kExitFailed;
    request.set_dry_run(false);
    outcome = gateway.ReplayDeadLetters(request);
    if (!outcome.ok()) return invocation.Fail("can't replay the dead letters", outcome.status());
  }
  SayOutcome(invocation, *outcome, request.dry_run());
  return kExitDone;
}

int Show(Invocation& invocation, Gateway& gateway, v1::ListDeadLettersRequest request, int most) {
  nlohmann::json documents = nlohmann::json::array();
  Table table({"ID", "KIND", "REASON", "ATTEMPTS", "LAST ERROR", "WHAT", "MESSAGE"});
  std::string seen_token;
  do {
    request.set_page_size(std::min(most - static_cast<int>(documents.size()), kLettersAPage));
    const auto page = gateway.ListDeadLetters(request);
    if (!page.ok()) return invocation.Fail("can't list the dead letters", page.status());
    for (const auto& letter : page->dead_letters()) {
      documents.push_back(ToJson(letter));
      table.Add({letter.id(), letter.kind(), v1::ErrorReason_Name(letter.reason()), std::to_string(letter.attempts()),
                 When(letter.last_error()), letter.summary(), letter.message()});
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
  if (const std::string complaint = ReadFilter(flags, filter); !complaint.empty()) return invocation.Misused(complaint);
  const v1::ConnectionRef ref = invocation.Ref(flags.connection);
  if (flags.replay) {
    v1::ReplayDeadLettersRequest request;
    *request.mutable_connection() = ref;
    *request.mutable_filter() = filter;
    return Replay(invocation, gateway, std::move(request), flags);
  }
  if (flags.dry_run || flags.yes) return invocation.Misused("--dry-run and --yes go with --replay");
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
  command.add_option("--kind", flags->kind, "only those: event, contact or timeline")
      ->check(CLI::IsMember({"event", "contact", "timeline"}))
      ->type_name("KIND");
  command.add_option("--issue", flags->issue, "only those of this issue: key or id")->type_name("ISSUE");
  command.add_option("--from", flags->from, "only those whose last error came then or later")->type_name("TIME");
  command.add_option("--to", flags->to, "only those whose last error came before")->type_name("TIME");
  command.add_option("--id", flags->ids, "only this one; may be given several times")->type_name("ID");
  command.add_option("--max-results", flags->max_results, "show at most so many")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str()
      ->type_name("N");
  command.add_flag("--replay", flags->replay, "try them again instead of showing them");
  command.add_flag("--dry-run", flags->dry_run, "with --replay: only count what would be tried again");
  command.add_flag("--yes", flags->yes, "with --replay: don't ask");
}

}  // namespace tajo::cli
