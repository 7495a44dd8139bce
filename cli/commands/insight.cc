#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/commands/connector_command.h"
#include "cli/output/documents.h"
#include "cli/output/text.h"

namespace tajo::cli {
namespace {

struct TraceFlags : ConnectorFlags {
  std::string issue_key;
};

std::string Hours(int64_t seconds) {
  return fmt::format("{:.1f} h", static_cast<double>(seconds) / 3600.0);
}

int Trace(Invocation& invocation, Gateway& gateway, const TraceFlags& flags) {
  v1::TraceIssueRequest request;
  *request.mutable_connection() = invocation.Ref(flags.connection);
  request.set_issue_key(flags.issue_key);
  const auto response = gateway.TraceIssue(request);
  if (!response.ok()) return invocation.Fail("can't trace the issue", response.status());
  if (invocation.Flags().json) {
    invocation.SayJson(ToJson(*response));
    return kExitDone;
  }
  Table table({"STAGE", "STATE", "WHEN", "DETAIL"});
  for (const auto& step : response->steps()) {
    table.Add({step.stage(), step.state(), IsSet(step.at()) ? When(step.at()) : "-", step.detail()});
  }
  invocation.Say(table.Text(static_cast<std::size_t>(invocation.Term().width)));
  for (const auto& limit : response->limits()) invocation.Note(limit);
  return kExitDone;
}

// Whose work a row is: by name where Jira shows it.
std::string Assignee(const v1::GetCapacityResponse::Row& row) {
  if (row.unassigned()) return "(nobody)";
  if (!row.assignee_name().empty()) return row.assignee_name();
  return row.assignee_account_id().empty() ? "(unknown)" : row.assignee_account_id();
}

int Capacity(Invocation& invocation, Gateway& gateway, const ConnectorFlags& flags) {
  v1::GetCapacityRequest request;
  *request.mutable_connection() = invocation.Ref(flags.connection);
  const auto response = gateway.GetCapacity(request);
  if (!response.ok()) return invocation.Fail("can't get the capacity", response.status());
  nlohmann::json documents = nlohmann::json::array();
  Table table({"ASSIGNEE", "PROJECT", "OPEN", "ESTIMATED", "REMAINING", "SPENT", "POINTS"});
  for (const auto& row : response->rows()) {
    documents.push_back(ToJson(row));
    const std::string project = row.project_key().empty() ? std::to_string(row.project_id()) : row.project_key();
    table.Add({Assignee(row), project, Count(row.open_issues()), Hours(row.original_estimate_s()),
               Hours(row.remaining_estimate_s()), Hours(row.time_spent_s()), fmt::format("{:g}", row.story_points())});
  }
  if (invocation.Flags().json) {
    invocation.SayJson(documents);
  } else {
    const char* nothing = response->has_counted_at() ? "No open issues.\n"
                                                     : "The open work isn't counted yet: the worker does that within "
                                                       "a minute of taking the connection.\n";
    invocation.Say(table.Empty() ? nothing : table.Text(static_cast<std::size_t>(invocation.Term().width)));
  }
  return kExitDone;
}

}  // namespace

void AddTrace(CLI::App& connectors, Invocation& invocation) {
  auto flags = std::make_shared<TraceFlags>();
  CLI::App& command = AddConnectorCommand(connectors, invocation, "trace",
                                          "where an issue's changes are: taken, decided, written, sent", flags, &Trace);
  AddConnectionFlag(command, *flags);
  command.add_option("issue", flags->issue_key, "the issue's key, as SUPPORT-7, or its id")->required();
}

void AddCapacity(CLI::App& connectors, Invocation& invocation) {
  auto flags = std::make_shared<ConnectorFlags>();
  CLI::App& command =
      AddConnectorCommand(connectors, invocation, "capacity", "open work by assignee and project", flags, &Capacity);
  AddConnectionFlag(command, *flags);
}

}  // namespace tajo::cli
