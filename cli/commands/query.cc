#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "cli/commands/connector_command.h"
#include "cli/output/documents.h"
#include "cli/output/text.h"

namespace tajo::cli {
namespace {

constexpr int kMostResults = 100'000;
constexpr int kMostAPage = 5'000;
constexpr int kEmptyPagesInARow = 20;  // Jira may send some; without end is a fault

struct QueryFlags : ConnectorFlags {
  std::string jql;
  int max_results = 20;
  std::vector<std::string> fields;
};

std::string Heading(std::string field) {
  std::ranges::transform(field, field.begin(), [](unsigned char c) { return c < 0x80 ? std::toupper(c) : c; });
  return field;
}

// The fields asked for, else those that the first issue has.
std::vector<std::string> Columns(const QueryFlags& flags, const nlohmann::json& issues) {
  if (!flags.fields.empty() || issues.empty()) return flags.fields;
  std::vector<std::string> columns;
  for (const auto& [name, value] : issues.front()["fields"].items()) {
    if (name != "summary") columns.push_back(name);
  }
  columns.emplace_back("summary");  // the longest goes last, where it may be cut
  return columns;
}

std::string IssueTable(const std::vector<std::string>& columns, const nlohmann::json& issues, int width) {
  std::vector<std::string> headings{"KEY"};
  for (const std::string& column : columns) headings.push_back(Heading(column));
  Table table(std::move(headings));
  for (const auto& issue : issues) {
    std::vector<std::string> row{issue["key"].get<std::string>()};
    const auto& fields = issue["fields"];
    for (const std::string& column : columns) {
      row.push_back(fields.contains(column) ? FieldText(fields[column]) : "-");
    }
    table.Add(std::move(row));
  }
  return table.Text(static_cast<std::size_t>(width));
}

int Query(Invocation& invocation, Gateway& gateway, const QueryFlags& flags) {
  v1::QueryRequest request;
  *request.mutable_connection() = invocation.Ref(flags.connection);
  request.set_jql(flags.jql);
  for (const std::string& field : flags.fields) request.add_fields(field);
  nlohmann::json issues = nlohmann::json::array();
  int empty_pages = 0;
  while (true) {
    const int left = flags.max_results - static_cast<int>(issues.size());
    request.set_max_results(std::min(left, kMostAPage));
    const auto page = gateway.Query(request);
    if (!page.ok()) return invocation.Fail("can't run the query", page.status());
    for (const auto& warning : page->warnings()) invocation.Note("Jira warns: " + warning);
    for (const auto& issue : page->issues()) {
      if (static_cast<int>(issues.size()) < flags.max_results) issues.push_back(ToJson(issue));
    }
    empty_pages = page->issues().empty() ? empty_pages + 1 : 0;
    const bool full = static_cast<int>(issues.size()) >= flags.max_results;
    if (full || page->next_page_token().empty() || empty_pages >= kEmptyPagesInARow) break;
    request.set_page_token(page->next_page_token());
  }
  if (invocation.Flags().json) {
    invocation.SayJson(issues);
  } else if (issues.empty()) {
    invocation.Say("No issues match.\n");
  } else {
    invocation.Say(IssueTable(Columns(flags, issues), issues, invocation.Term().width));
  }
  return kExitDone;
}

}  // namespace

void AddQuery(CLI::App& connectors, Invocation& invocation) {
  auto flags = std::make_shared<QueryFlags>();
  CLI::App& command =
      AddConnectorCommand(connectors, invocation, "query", "search Jira with the connection's account", flags, &Query);
  AddConnectionFlag(command, *flags);
  command.add_option("--jql", flags->jql, "what to look for")->required()->type_name("JQL");
  command.add_option("--max-results", flags->max_results, "at most so many issues")
      ->check(CLI::Range(1, kMostResults))
      ->capture_default_str()
      ->type_name("N");
  command
      .add_option("--fields", flags->fields, "comma-separated; default: summary, status, assignee, priority, updated")
      ->delimiter(',')
      ->allow_extra_args(false);
}

}  // namespace tajo::cli
