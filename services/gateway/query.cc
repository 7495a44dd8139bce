#include "services/gateway/query.h"

#include <string>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "services/gateway/directory.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::gateway {
namespace {

namespace v1 = ::tajo::jira::v1;

constexpr int kDefaultResults = 50;
constexpr int kMaxResults = 5000;

absl::Status CheckRequest(const v1::QueryRequest& request) {
  if (request.jql().find_first_not_of(" \t\r\n") == std::string::npos) {
    return base::FieldError(v1::JIRA_JQL_INVALID, "jql",
                            "jql is empty: Jira needs a restriction, such as project = SUPPORT");
  }
  if (request.max_results() < 0 || request.max_results() > kMaxResults) {
    return base::FieldError(v1::REQUEST_INVALID, "max_results", "max_results is 1 to 5000, or 0 for 50");
  }
  return absl::OkStatus();
}

}  // namespace

base::Task<absl::StatusOr<v1::QueryResponse>> QueryCalls::Query(Caller caller, v1::QueryRequest request) {
  TAJO_CO_RETURN_IF_ERROR(CheckRequest(request));
  TAJO_CO_ASSIGN_OR_RETURN(const store::ConnectionRecord record,
                           co_await FindConnection(backend_.connections, caller, request.connection()));
  TAJO_CO_ASSIGN_OR_RETURN(const v1::Credentials credentials,
                           co_await backend_.connections.GetCredentials(record.connection_id));
  TAJO_CO_ASSIGN_OR_RETURN(const auto jira, backend_.OpenJira(record.connection_id, record.config, credentials));
  jira::IssueQuery query;
  query.jql = request.jql();
  query.page_token = request.page_token();
  query.max_results = request.max_results() == 0 ? kDefaultResults : request.max_results();
  std::vector<std::string> fields(request.fields().begin(), request.fields().end());
  if (fields.empty()) fields = {"summary", "status", "assignee", "priority", "updated"};
  TAJO_CO_ASSIGN_OR_RETURN(const jira::RawPage page,
                           co_await jira->Live().SearchRaw(std::move(query), std::move(fields)));
  v1::QueryResponse response;
  for (const jira::RawIssue& issue : page.issues) {
    v1::QueryResponse::Row& row = *response.add_issues();
    row.set_id(std::to_string(issue.id));
    row.set_key(issue.key);
    row.set_fields_json(issue.fields_json);
  }
  response.set_next_page_token(page.next_token);
  for (const std::string& warning : page.warnings) response.add_warnings(warning);
  co_return response;
}

}  // namespace tajo::gateway
