#include <fmt/format.h>

#include <utility>

#include "common/base/error.h"
#include "common/brevo/client.h"
#include "common/brevo/client_request.h"
#include "common/brevo/decode.h"
#include "common/brevo/encode.h"
#include "common/brevo/errors.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::brevo {
namespace {

namespace v1 = ::tajo::jira::v1;

constexpr std::string_view kUpsert = "POST /contacts";
constexpr std::string_view kUpdate = "PUT /contacts/{identifier}";
constexpr std::string_view kGet = "GET /contacts/{identifier}";
constexpr std::string_view kListContacts = "GET /contacts";
constexpr std::string_view kDelete = "DELETE /contacts/{identifier}";

}  // namespace

base::Task<absl::StatusOr<Upserted>> Client::UpsertContact(ContactWrite contact, Lane lane) {
  if (!contact.unlink_list_ids.empty()) {
    // Creating can't leave lists; whoever is in one exists already.
    const Identifier identifier = contact.email.empty() ? Identifier{IdentifierType::kExtId, contact.ext_id}
                                                        : Identifier{IdentifierType::kEmail, contact.email};
    auto update = UpdateContact(identifier, contact, lane);
    absl::Status updated = co_await std::move(update);
    if (updated.ok()) co_return Upserted{};
    if (base::ReasonOf(updated) != v1::BREVO_NOT_FOUND) co_return updated;
  }
  TAJO_CO_ASSIGN_OR_RETURN(std::string body, UpsertBody(contact));
  Request request{net::Method::kPost, kUpsert, "/contacts", Family::kContacts, lane, std::move(body)};
  auto response = co_await Exchange(std::move(request));
  if (!response.ok()) co_return response.status();
  if (!response->Succeeded()) co_return ErrorFrom(*response, kUpsert);
  co_return DecodeUpsert(*response);
}

base::Task<absl::Status> Client::UpdateContact(Identifier identifier, ContactWrite contact, Lane lane) {
  if (identifier.value.empty()) {
    co_return base::FieldError(v1::REQUEST_INVALID, "identifier", "update contact: the identifier is empty");
  }
  if (identifier.type == IdentifierType::kExtId && contact.ext_id == identifier.value) contact.ext_id.clear();
  TAJO_CO_ASSIGN_OR_RETURN(std::string body, UpdateBody(contact));
  Request request{net::Method::kPut, kUpdate, ContactPath(identifier), Family::kContacts, lane, std::move(body)};
  auto response = co_await Exchange(std::move(request));
  if (!response.ok()) co_return response.status();
  co_return response->Succeeded() ? absl::OkStatus() : ErrorFrom(*response, kUpdate);
}

base::Task<absl::StatusOr<Contact>> Client::GetContact(Identifier identifier, Lane lane) {
  if (identifier.value.empty()) {
    co_return base::FieldError(v1::REQUEST_INVALID, "identifier", "get contact: the identifier is empty");
  }
  Request request{net::Method::kGet, kGet, ContactPath(identifier), Family::kContacts, lane, {}};
  auto response = co_await Exchange(std::move(request));
  if (!response.ok()) co_return response.status();
  if (!response->Succeeded()) co_return ErrorFrom(*response, kGet);
  co_return DecodeContact(response->body);
}

base::Task<absl::StatusOr<ContactPage>> Client::ListContacts(ContactQuery query, Lane lane) {
  std::string path = fmt::format("/contacts?limit={}&offset={}&sort=asc", query.limit, query.offset);
  if (!query.modified_since.empty()) path += "&modifiedSince=" + PercentEncode(query.modified_since);
  for (const int64_t list_id : query.list_ids) path += fmt::format("&listIds={}", list_id);
  Request request{net::Method::kGet, kListContacts, std::move(path), Family::kContacts, lane, {}};
  auto response = co_await Exchange(std::move(request));
  if (!response.ok()) co_return response.status();
  if (!response->Succeeded()) co_return ErrorFrom(*response, kListContacts);
  co_return DecodeContacts(response->body);
}

base::Task<absl::StatusOr<ContactPage>> Client::FindContacts(std::string attribute, std::string value, Lane lane) {
  // The one filter there is; a quotation mark in the value has no escape in it.
  if (value.find('"') != std::string::npos) co_return ContactPage{};
  const std::string filter = fmt::format(R"(equals({},"{}"))", attribute, value);
  std::string path = fmt::format("/contacts?limit=50&offset=0&filter={}", PercentEncode(filter));
  Request request{net::Method::kGet, kListContacts, std::move(path), Family::kContacts, lane, {}};
  auto response = co_await Exchange(std::move(request));
  if (!response.ok()) co_return response.status();
  if (!response->Succeeded()) co_return ErrorFrom(*response, kListContacts);
  co_return DecodeContacts(response->body);
}

base::Task<absl::StatusOr<Deletion>> Client::DeleteContact(Identifier identifier, Lane lane) {
  if (identifier.value.empty()) {
    co_return base::FieldError(v1::REQUEST_INVALID, "identifier", "delete contact: the identifier is empty");
  }
  Request request{net::Method::kDelete, kDelete, ContactPath(identifier), Family::kContacts, lane, {}};
  auto response = co_await Exchange(std::move(request));
  if (!response.ok()) co_return response.status();
  if (response->Succeeded()) co_return Deletion::kDeleted;
  if (response->status == 404) co_return Deletion::kWasGone;
  if (response->status == 405) {
    co_return base::Error(v1::BREVO_CONTACT_PROTECTED,
                          "delete contact: it is the Brevo account owner's own address, which Brevo never deletes");
  }
  co_return ErrorFrom(*response, kDelete);
}

}  // namespace tajo::brevo
