#include "cli/output/documents.h"

#include <nlohmann/json.hpp>

#include "cli/output/text.h"

namespace tajo::cli {
namespace {

namespace v1 = ::tajo::jira::v1;
using Json = nlohmann::json;

constexpr int kDeepestDocument = 50;

Json Time(const google::protobuf::Timestamp& time) {
  return IsSet(time) ? Json(Iso(time)) : Json(nullptr);
}
Json TextOrNull(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}
Json ReasonOrNull(v1::ErrorReason reason) {
  return reason == 0 ? Json(nullptr) : Json(v1::ErrorReason_Name(reason));
}

Json JsonOrNull(const std::string& text) {
  Json document = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  return document.is_discarded() ? Json(nullptr) : document;
}

// Jira's rich text: the text nodes, blocks apart by a blank.
void AppendDocumentText(const Json& node, std::string& text, int depth) {
  if (!node.is_object() || depth > kDeepestDocument) return;
  if (const auto found = node.find("text"); found != node.end() && found->is_string()) {
    text += found->get<std::string>();
  }
  const auto content = node.find("content");
  if (content == node.end() || !content->is_array()) return;
  for (const Json& child : *content) {
    AppendDocumentText(child, text, depth + 1);
    const auto type = child.is_object() ? child.find("type") : child.end();
    const bool block = child.is_object() && type != child.end() && *type == "paragraph";
    if (block && !text.empty() && text.back() != ' ') text += ' ';
  }
}

std::string ObjectText(const Json& value) {
  for (const char* key : {"displayName", "name", "value", "key"}) {
    if (const auto found = value.find(key); found != value.end() && found->is_string()) return *found;
  }
  if (const auto type = value.find("type"); type != value.end() && *type == "doc") {
    std::string text;
    AppendDocumentText(value, text, 0);
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
  }
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

Json ToJson(const v1::ConnectResponse& response) {
  Json document = ToJson(response.connection());
  document["syncId"] = TextOrNull(response.sync_id());
  document["authorizationUrl"] = TextOrNull(response.authorization_url());
  document["webhookSecret"] = TextOrNull(response.webhook_secret());
  return document;
}

Json ToJson(const v1::Connection& connection) {
  return {{"tenantId", connection.tenant_id()},
          {"connectionId", connection.connection_id()},
          {"state", v1::ConnectionState_Name(connection.state())},
          {"reason", TextOrNull(connection.reason())},
          {"siteUrl", TextOrNull(connection.config().site_url())},
          {"brevoAccount", TextOrNull(connection.brevo_account())},
          {"webhookUrl", TextOrNull(connection.webhook_url())},
          {"createdAt", Time(connection.created_at())}};
}

Json ToJson(const v1::TestConnectionResponse& response) {
  Json checks = Json::array();
  for (const auto& check : response.checks()) {
    checks.push_back({{"name", check.name()},
                      {"passed", check.passed()},
                      {"detail", TextOrNull(check.detail())},
                      {"reason", ReasonOrNull(check.reason())}});
  }
  return {{"passed", response.passed()}, {"checks", std::move(checks)}};
}

Json ToJson(const v1::Sync& sync) {
  return {{"syncId", sync.sync_id()},
          {"connectionId", TextOrNull(sync.connection().connection_id())},
          {"type", v1::SyncType_Name(sync.type())},
          {"state", v1::SyncState_Name(sync.state())},
          {"issuesRead", sync.issues_read()},
          {"issuesExpected", sync.issues_expected()},
          {"contactsPending", sync.contacts_pending()},
          {"eventsPending", sync.events_pending()},
          {"waitingFor", TextOrNull(sync.waiting_for())},
          {"reason", ReasonOrNull(sync.error_reason())},
          {"error", TextOrNull(sync.error_message())},
          {"startedAt", Time(sync.started_at())},
          {"endedAt", Time(sync.ended_at())},
          {"eta", Time(sync.eta())}};
}

Json ToJson(const v1::Status& status) {
  return {{"connected", status.connected()},
          {"lastSync", Time(status.last_sync())},
          {"issuesTracked", status.issues_tracked()},
          {"projectsMonitored", status.projects_monitored()},
          {"usersLinked", status.users_linked()},
          {"connectionId", status.connection_id()},
          {"webhookUrl", TextOrNull(status.webhook_url())},
          {"backlog", status.backlog()},
          {"deadLetters", status.dead_letters()},
          {"state", v1::ConnectionState_Name(status.state())},
          {"reason", TextOrNull(status.reason())},
          {"ticketsWithoutContact", status.tickets_without_contact()},
          {"missedWebhooks", status.missed_webhooks()},
          {"lastWebhook", Time(status.last_webhook())},
          {"lastRefusedWebhook", Time(status.last_refused_webhook())},
          {"refusedWhy", TextOrNull(status.refused_why())}};
}

Json ToJson(const v1::QueryResponse::Row& issue) {
  Json fields = Json::parse(issue.fields_json(), nullptr, false);
  if (!fields.is_object()) fields = Json::object();
  return {{"id", issue.id()}, {"key", issue.key()}, {"fields", std::move(fields)}};
}

Json ToJson(const v1::DeadLetter& letter) {
  return {{"id", letter.id()},
          {"reason", v1::ErrorReason_Name(letter.reason())},
          {"message", letter.message()},
          {"kind", letter.kind()},
          {"attempts", letter.attempts()},
          {"firstError", Time(letter.first_error())},
          {"lastError", Time(letter.last_error())},
          {"issueId", letter.issue_id() == 0 ? Json(nullptr) : Json(letter.issue_id())},
          {"issueKey", TextOrNull(letter.issue_key())},
          {"summary", letter.summary()},
          {"payload", JsonOrNull(letter.payload_json())}};
}

Json ToJson(const v1::ReplayDeadLettersResponse& response) {
  return {{"replayed", response.replayed()},        {"matched", response.matched()},
          {"alreadyDone", response.already_done()}, {"erased", response.erased()},
          {"unreadable", response.unreadable()},    {"tooOld", response.too_old()},
          {"ambiguous", response.ambiguous()},      {"stoppedBy", TextOrNull(response.stopped_by())}};
}

Json ToJson(const v1::TraceIssueResponse& response) {
  Json steps = Json::array();
  for (const auto& step : response.steps()) {
    steps.push_back(
        {{"at", Time(step.at())}, {"stage", step.stage()}, {"state", step.state()}, {"detail", step.detail()}});
  }
  return {{"issueId", response.issue_id() == 0 ? Json(nullptr) : Json(response.issue_id())},
          {"issueKey", TextOrNull(response.issue_key())},
          {"steps", std::move(steps)},
          {"limits", std::vector<std::string>(response.limits().begin(), response.limits().end())}};
}

Json ToJson(const v1::PreviewMappingResponse& response) {
  Json sources = Json::array(), attributes = Json::array(), events = Json::array();
  for (const auto& source : response.sources()) {
    sources.push_back({{"source", source.source()}, {"found", source.found()}, {"chosen", source.chosen()}});
  }
  for (const auto& attribute : response.mapped()) {
    attributes.push_back({{"name", attribute.name()},
                          {"source", attribute.source()},
                          {"value", JsonOrNull(attribute.value_json())},
                          {"type", TextOrNull(attribute.type())}});
  }
  for (const auto& event : response.timeline()) {
    events.push_back({{"name", event.name()},
                      {"at", Time(event.at())},
                      {"state", event.state()},
                      {"properties", JsonOrNull(event.properties_json())}});
  }
  return {{"issueId", response.issue_id()},
          {"issueKey", response.issue_key()},
          {"admitted", response.admitted()},
          {"refusedBy", std::vector<std::string>(response.refused_by().begin(), response.refused_by().end())},
          {"sources", std::move(sources)},
          {"contactEmail", TextOrNull(response.contact_email())},
          {"contactAccountId", TextOrNull(response.contact_account_id())},
          {"withoutContact", TextOrNull(response.without_contact())},
          {"isLastTicket", response.is_last_ticket()},
          {"attributes", std::move(attributes)},
          {"lists", std::vector<int64_t>(response.list_ids().begin(), response.list_ids().end())},
          {"events", std::move(events)},
          {"eventsBeforeConnection", response.events_before_connection()},
          {"warnings", std::vector<std::string>(response.warnings().begin(), response.warnings().end())}};
}

Json ToJson(const v1::CreateIssueResponse& response) {
  return {{"id", response.id()}, {"key", response.key()}, {"created", response.created()}};
}

Json ToJson(const v1::GetCapacityResponse::Row& row) {
  return {{"assigneeAccountId", TextOrNull(row.assignee_account_id())},
          {"assigneeName", TextOrNull(row.assignee_name())},
          {"unassigned", row.unassigned()},
          {"projectKey", TextOrNull(row.project_key())},
          {"projectId", row.project_id()},
          {"openIssues", row.open_issues()},
          {"originalEstimateSeconds", row.original_estimate_s()},
          {"remainingEstimateSeconds", row.remaining_estimate_s()},
          {"timeSpentSeconds", row.time_spent_s()},
          {"storyPoints", row.story_points()}};
}

std::string FieldText(const Json& value) {
  if (value.is_null()) return "-";
  if (value.is_string()) return value.get<std::string>();
  if (value.is_object()) return ObjectText(value);
  if (!value.is_array()) return value.dump();
  std::string items;
  for (const Json& item : value) items += (items.empty() ? "" : ", ") + FieldText(item);
  return items.empty() ? "-" : items;
}

std::string Dump(const Json& document) {
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace tajo::cli
