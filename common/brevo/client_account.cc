#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "common/base/error.h"
#include "common/brevo/batching.h"
#include "common/brevo/client.h"
#include "common/brevo/client_request.h"
#include "common/brevo/decode.h"
#include "common/brevo/encode.h"
#include "common/brevo/errors.h"
#include "common/json/parse.h"
#include "common/json/reader.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::brevo {
namespace {

namespace v1 = ::tajo::jira::v1;

constexpr std::string_view kAccount = "GET /account";
constexpr std::string_view kAttributes = "GET /contacts/attributes";
constexpr std::string_view kCreateAttribute = "POST /contacts/attributes/{category}/{name}";
constexpr std::string_view kLists = "GET /contacts/lists";
constexpr std::string_view kList = "GET /contacts/lists/{id}";
constexpr std::string_view kAdd = "POST /contacts/lists/{id}/contacts/add";
constexpr std::string_view kRemove = "POST /contacts/lists/{id}/contacts/remove";
constexpr std::string_view kCreateWebhook = "POST /webhooks";
constexpr std::string_view kListWebhooks = "GET /webhooks";
constexpr std::string_view kUpdateWebhook = "PUT /webhooks/{id}";
constexpr std::string_view kDeleteWebhook = "DELETE /webhooks/{id}";

std::string MessageOf(const net::HttpResponse& response) {
  const auto document = json::ParseJson(response.body, v1::BREVO_RESPONSE_INVALID);
  return document.ok() ? json::Reader(*document).String("message").value_or("") : "";
}

// "Contact already in list and/or does not exist", "Contact already removed from list and/or ...".
bool NoneChanged(const net::HttpResponse& response) {
  return response.status == 400 && MessageOf(response).starts_with("Contact already ");
}

absl::Status ListUnknown(int64_t list_id) {
  return base::FieldError(v1::BREVO_LIST_UNKNOWN, "listIds",
                          fmt::format("list {} doesn't exist in Brevo; correct sync_to_list", list_id));
}

}  // namespace

base::Task<absl::StatusOr<Account>> Client::GetAccount(Lane lane) {
  Request request{net::Method::kGet, kAccount, "/account", Family::kOther, lane, {}};
  auto response = co_await Exchange(std::move(request));
  if (!response.ok()) co_return response.status();
  if (!response->Succeeded()) co_return ErrorFrom(*response, kAccount);
  co_return DecodeAccount(response->body);
}

base::Task<absl::StatusOr<std::vector<AttributeDefinition>>> Client::Attributes() {
  Request request{net::Method::kGet, kAttributes, "/contacts/attributes", Family::kContacts, Lane::kLive, {}};
  auto response = co_await Exchange(std::move(request));
  if (!response.ok()) co_return response.status();
  if (!response->Succeeded()) co_return ErrorFrom(*response, kAttributes);
  co_return DecodeAttributes(response->body);
}

base::Task<absl::Status> Client::CreateAttribute(AttributeDefinition attribute) {
  const std::string path =
      fmt::format("/contacts/attributes/{}/{}", PercentEncode(attribute.category), PercentEncode(attribute.name));
  Request request{net::Method::kPost, kCreateAttribute, path, Family::kContacts, Lane::kLive, AttributeBody(attribute)};
  auto response = co_await Exchange(std::move(request));
  if (!response.ok()) co_return response.status();
  if (response->Succeeded()) co_return absl::OkStatus();
  if (response->status == 400 && MessageOf(*response).find("must be unique") != std::string::npos) {
    co_return absl::OkStatus();
  }
  co_return ErrorFrom(*response, kCreateAttribute);
}

base::Task<absl::StatusOr<ListPage>> Client::GetLists(int64_t offset, int limit) {
  Request request{
      net::Method::kGet, kLists,      fmt::format("/contacts/lists?limit={}&offset={}&sort=asc", limit, offset),
      Family::kContacts, Lane::kLive, {}};
  auto response = co_await Exchange(std::move(request));
  if (!response.ok()) co_return response.status();
  if (!response->Succeeded()) co_return ErrorFrom(*response, kLists);
  co_return DecodeLists(response->body);
}

base::Task<absl::StatusOr<List>> Client::GetList(int64_t list_id) {
  Request request{net::Method::kGet, kList,       fmt::format("/contacts/lists/{}", list_id),
                  Family::kContacts, Lane::kLive, {}};
  auto response = co_await Exchange(std::move(request));
  if (!response.ok()) co_return response.status();
  if (response->status == 404) co_return ListUnknown(list_id);
  if (!response->Succeeded()) co_return ErrorFrom(*response, kList);
  co_return DecodeList(response->body);
}

base::Task<absl::StatusOr<ListChange>> Client::AddToList(int64_t list_id, std::vector<std::string> emails, Lane lane) {
  return ChangeList(list_id, "add", std::move(emails), lane);
}

base::Task<absl::StatusOr<ListChange>> Client::RemoveFromList(int64_t list_id, std::vector<std::string> emails,
                                                              Lane lane) {
  return ChangeList(list_id, "remove", std::move(emails), lane);
}

base::Task<absl::StatusOr<ListChange>> Client::ChangeList(int64_t list_id, std::string verb,
                                                          std::vector<std::string> emails, Lane lane) {
  if (emails.empty() || emails.size() > kMaxListMembers) {
    co_return base::FieldError(
        v1::REQUEST_INVALID, "emails",
        fmt::format("list {}: Brevo takes 1 to {} contacts a call, not {}", list_id, kMaxListMembers, emails.size()));
  }
  const std::string_view endpoint = verb == "add" ? kAdd : kRemove;
  Request request{net::Method::kPost, endpoint, fmt::format("/contacts/lists/{}/contacts/{}", list_id, verb),
                  Family::kContacts,  lane,     Dump(nlohmann::json{{"emails", emails}})};
  auto response = co_await Exchange(std::move(request));
  if (!response.ok()) co_return response.status();
  if (response->status == 404) co_return ListUnknown(list_id);
  if (NoneChanged(*response)) co_return ListChange{{}, std::move(emails), true};
  if (!response->Succeeded()) co_return ErrorFrom(*response, endpoint);
  co_return DecodeListChange(response->body);
}

base::Task<absl::StatusOr<std::vector<RegisteredWebhook>>> Client::ListWebhooks() {
  // Without the type, only those for transactional mail are listed.
  Request request{net::Method::kGet, kListWebhooks, "/webhooks?type=marketing&sort=asc",
                  Family::kOther,    Lane::kLive,   {}};
  auto response = co_await Exchange(std::move(request));
  if (!response.ok()) co_return response.status();
  if (response->status == 404) co_return std::vector<RegisteredWebhook>();
  if (!response->Succeeded()) co_return ErrorFrom(*response, kListWebhooks);
  co_return DecodeWebhooks(response->body);
}

base::Task<absl::Status> Client::UpdateWebhook(int64_t webhook_id, WebhookRequest webhook) {
  Request request{net::Method::kPut, kUpdateWebhook, fmt::format("/webhooks/{}", webhook_id),
                  Family::kOther,    Lane::kLive,    WebhookUpdateBody(webhook)};
  auto response = co_await Exchange(std::move(request));
  if (!response.ok()) co_return response.status();
  co_return response->Succeeded() ? absl::OkStatus() : ErrorFrom(*response, kUpdateWebhook);
}

base::Task<absl::StatusOr<int64_t>> Client::CreateWebhook(WebhookRequest webhook) {
  Request request{net::Method::kPost,   kCreateWebhook,         "/webhooks", Family::kOther, Lane::kLive,
                  WebhookBody(webhook), Repeat::kOnlyIfNotActed};
  auto response = co_await Exchange(std::move(request));
  if (!response.ok()) co_return response.status();
  if (!response->Succeeded()) co_return ErrorFrom(*response, kCreateWebhook);
  co_return DecodeId(response->body, "id");
}

base::Task<absl::Status> Client::DeleteWebhook(int64_t webhook_id) {
  Request request{net::Method::kDelete, kDeleteWebhook, fmt::format("/webhooks/{}", webhook_id),
                  Family::kOther,       Lane::kLive,    {}};
  auto response = co_await Exchange(std::move(request));
  if (!response.ok()) co_return response.status();
  if (response->Succeeded() || response->status == 404) co_return absl::OkStatus();
  co_return ErrorFrom(*response, kDeleteWebhook);
}

}  // namespace tajo::brevo
