#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "common/jira/body.h"
#include "common/jira/client.h"
#include "common/jira/pager.h"
#include "common/jira/url.h"
#include "common/json/reader.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::jira {
namespace {

constexpr char kPath[] = "/rest/api/3/webhook";

nlohmann::json SpecBody(const WebhookSpec& spec) {
  nlohmann::json body{{"events", spec.events}, {"jqlFilter", spec.jql_filter}};
  if (!spec.field_ids.empty()) body["fieldIdsFilter"] = spec.field_ids;
  return body;
}

std::string RegistrationBody(const std::string& url, const std::vector<WebhookSpec>& webhooks) {
  nlohmann::json list = nlohmann::json::array();
  for (const WebhookSpec& spec : webhooks) list.push_back(SpecBody(spec));
  return Dump({{"url", url}, {"webhooks", std::move(list)}});
}

std::string AdminBody(const AdminWebhook& webhook) {
  nlohmann::json body{{"name", webhook.name}, {"url", webhook.url}, {"events", webhook.events}, {"excludeBody", false}};
  if (!webhook.jql_filter.empty()) body["filters"] = {{"issue-related-events-section", webhook.jql_filter}};
  if (!webhook.secret.empty()) body["secret"] = webhook.secret;
  return Dump(body);
}

RegisteredWebhook ReadWebhook(const json::Reader& item) {
  RegisteredWebhook webhook;
  webhook.id = item.Int64("id").value_or(0);
  webhook.url = item.String("url").value_or("");
  webhook.jql_filter = item.String("jqlFilter").value_or("");
  for (const json::Reader& event : item.Items("events")) {
    if (auto name = event.String()) webhook.events.push_back(*std::move(name));
  }
  webhook.expires_ms = item.Time("expirationDate").value_or(0);  // a number in the schema, a date in its example
  return webhook;
}

}  // namespace

base::Task<absl::StatusOr<std::vector<WebhookRegistration>>> Client::RegisterWebhooks(
    std::string url, std::vector<WebhookSpec> webhooks) {
  Request request = Send(net::Method::kPost, "webhook", kPath, RegistrationBody(url, webhooks));
  request.idempotency = retry::Idempotency::kNotIdempotent;  // twice would fill the limit of five
  TAJO_CO_ASSIGN_OR_RETURN(const net::HttpResponse response, co_await connection_.Send(std::move(request)));
  TAJO_CO_ASSIGN_OR_RETURN(const nlohmann::json document, ParseAnswer(response.body));
  const json::Reader root(document, v1::JIRA_RESPONSE_INVALID);
  TAJO_CO_ASSIGN_OR_RETURN(const std::vector<json::Reader> items, root.RequireArray("webhookRegistrationResult"));
  std::vector<WebhookRegistration> results;
  for (const json::Reader& item : items) {
    WebhookRegistration& result = results.emplace_back();
    result.id = item.Int64("createdWebhookId");
    for (const json::Reader& error : item.Items("errors")) {
      if (auto text = error.String()) result.errors.push_back(*std::move(text));
    }
    if (!result.id && result.errors.empty()) result.errors.push_back("Jira gave neither an id nor an error");
  }
  if (results.size() != webhooks.size()) co_return root.Unexpected("a result for each webhook");
  co_return results;
}

base::Task<absl::StatusOr<std::vector<RegisteredWebhook>>> Client::ListWebhooks() {
  std::vector<RegisteredWebhook> webhooks;
  OffsetPager pager;
  while (!pager.Done()) {
    PathBuilder path(kPath);
    path.Add("startAt", std::to_string(pager.StartAt())).Add("maxResults", "100");
    Request request = Get("webhook", std::move(path).Build());
    TAJO_CO_ASSIGN_OR_RETURN(const net::HttpResponse response, co_await connection_.Send(std::move(request)));
    TAJO_CO_ASSIGN_OR_RETURN(const nlohmann::json document, ParseAnswer(response.body));
    const json::Reader root(document, v1::JIRA_RESPONSE_INVALID);
    TAJO_CO_ASSIGN_OR_RETURN(const std::vector<json::Reader> values, root.RequireArray("values"));
    for (const json::Reader& value : values) webhooks.push_back(ReadWebhook(value));
    pager.Next(values.size(), root.Int64("total"), root.Bool("isLast"));
  }
  co_return webhooks;
}

base::Task<absl::StatusOr<int64_t>> Client::RefreshWebhooks(std::vector<int64_t> ids) {
  Request request =
      Send(net::Method::kPut, "webhook/refresh", "/rest/api/3/webhook/refresh", BodyOf("webhookIds", ids));
  TAJO_CO_ASSIGN_OR_RETURN(const net::HttpResponse response, co_await connection_.Send(std::move(request)));
  TAJO_CO_ASSIGN_OR_RETURN(const nlohmann::json document, ParseAnswer(response.body));
  co_return json::Reader(document, v1::JIRA_RESPONSE_INVALID).RequireTime("expirationDate");
}

base::Task<absl::Status> Client::DeleteWebhooks(std::vector<int64_t> ids) {
  Request request = Send(net::Method::kDelete, "webhook", kPath, BodyOf("webhookIds", ids));
  const auto response = co_await connection_.Send(std::move(request));
  co_return response.status();
}

base::Task<absl::StatusOr<std::string>> Client::CreateAdminWebhook(AdminWebhook webhook) {
  Request request = Send(net::Method::kPost, "webhooks/1.0/webhook", "/rest/webhooks/1.0/webhook", AdminBody(webhook));
  request.idempotency = retry::Idempotency::kNotIdempotent;
  TAJO_CO_ASSIGN_OR_RETURN(const net::HttpResponse response, co_await connection_.Send(std::move(request)));
  TAJO_CO_ASSIGN_OR_RETURN(const nlohmann::json document, ParseAnswer(response.body));
  co_return json::Reader(document, v1::JIRA_RESPONSE_INVALID).RequireString("self");
}

}  // namespace tajo::jira
