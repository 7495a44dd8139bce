#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/base/secret.h"
#include "common/base/task.h"
#include "common/brevo/families.h"
#include "common/brevo/observer.h"
#include "common/brevo/types.h"
#include "common/net/http_client.h"

namespace tajo::brevo {

struct ClientOptions {
  std::string base_url = "https://api.brevo.com/v3";
  base::Secret api_key;
  std::chrono::milliseconds timeout{30'000};  // of one exchange
  int max_attempts = 4;                       // of what may be repeated
};

// Brevo's API for one account. Each call waits for its family's quota first; a 429 pauses that
// family and waits again without spending an attempt. What is idempotent is retried; events and
// imports are sent a second time only if the first surely had no effect, and fail otherwise with
// UPSTREAM_AMBIGUOUS or BREVO_UNAVAILABLE (see SurelyNotActed).
// Used from one loop; calls may overlap; must outlive them. `observer` may be null.
class Client {
 public:
  Client(net::HttpClient& http, ClientOptions options, Governor& governor, base::Clock& clock, base::Random& random,
         Observer* observer = nullptr);

  // Errors of every call: BREVO_AUTHENTICATION_FAILED, BREVO_IP_NOT_AUTHORIZED,
  // BREVO_PERMISSION_DENIED, BREVO_CREDITS_EXHAUSTED, BREVO_REQUEST_INVALID, BREVO_UNAVAILABLE,
  // BREVO_RESPONSE_INVALID, UPSTREAM_*, and what the governor says.
  base::Task<absl::StatusOr<Account>> GetAccount(Lane lane = Lane::kLive);

  base::Task<absl::StatusOr<std::vector<AttributeDefinition>>> Attributes();
  // OK also if it exists already. There is no integer type: counts are "float". A category has the values 1
  // to n for its options, in their order, whatever their `value_json`.
  base::Task<absl::Status> CreateAttribute(AttributeDefinition attribute);

  // Creates or updates. BREVO_IDENTIFIER_CLASH if another contact holds an identifier,
  // BREVO_TOO_EARLY if Brevo is still busy with this contact. Lists to leave need an existing
  // contact: with them it updates by e-mail, and creates only if there is none.
  base::Task<absl::StatusOr<Upserted>> UpsertContact(ContactWrite contact, Lane lane = Lane::kLive);
  // BREVO_NOT_FOUND if there is none. Beware: a new e-mail for a blocklisted contact re-subscribes it.
  base::Task<absl::Status> UpdateContact(Identifier identifier, ContactWrite contact, Lane lane = Lane::kLive);
  base::Task<absl::StatusOr<Contact>> GetContact(Identifier identifier, Lane lane = Lane::kLive);
  base::Task<absl::StatusOr<ContactPage>> ListContacts(ContactQuery query, Lane lane = Lane::kBackfill);
  // Contacts whose attribute equals the value; the way from an accountId to its contact.
  base::Task<absl::StatusOr<ContactPage>> FindContacts(std::string attribute, std::string value,
                                                       Lane lane = Lane::kLive);
  // Says whether there was one. BREVO_CONTACT_PROTECTED for the account owner's own address.
  base::Task<absl::StatusOr<Deletion>> DeleteContact(Identifier identifier, Lane lane = Lane::kLive);

  base::Task<absl::StatusOr<ListPage>> GetLists(int64_t offset = 0, int limit = 50);
  base::Task<absl::StatusOr<List>> GetList(int64_t list_id);  // BREVO_LIST_UNKNOWN
  // At most 150 e-mails.
  base::Task<absl::StatusOr<ListChange>> AddToList(int64_t list_id, std::vector<std::string> emails,
                                                   Lane lane = Lane::kLive);
  base::Task<absl::StatusOr<ListChange>> RemoveFromList(int64_t list_id, std::vector<std::string> emails,
                                                        Lane lane = Lane::kLive);

  // Starts an import of rows as ImportPlanner made them, and returns its process id. One at a time per account.
  base::Task<absl::StatusOr<int64_t>> Import(std::vector<std::string> rows, std::vector<int64_t> list_ids);
  // From the bucket of 100 an hour: poll slowly (see ImportPollDelay).
  base::Task<absl::StatusOr<Process>> GetProcess(int64_t process_id);
  // The e-mails in a result file. Sent without our key: the file is wherever Brevo put it.
  base::Task<absl::StatusOr<std::vector<std::string>>> RejectedEmails(ResultFile file);

  // `encoded` is what EncodeEvent made. OK means accepted, not attributed: upsert the contact first.
  base::Task<absl::Status> SendEvent(std::string encoded, Lane lane = Lane::kLive);
  // One batch, cut by CutEventBatches. An answer about single events is an outcome, not an error.
  base::Task<absl::StatusOr<EventsOutcome>> SendEvents(std::vector<std::string> encoded, Lane lane = Lane::kLive);
  base::Task<absl::StatusOr<EventPage>> GetEvents(EventQuery query);

  // Found by name, which Brevo doesn't keep unique: the newest of that name.
  base::Task<absl::StatusOr<std::optional<int64_t>>> FindFolder(std::string name);
  base::Task<absl::StatusOr<std::optional<int64_t>>> FindList(int64_t folder_id, std::string name);
  // Sent a second time only if the first surely had no effect: look for it before trying again.
  base::Task<absl::StatusOr<int64_t>> CreateFolder(std::string name);
  base::Task<absl::StatusOr<int64_t>> CreateList(int64_t folder_id, std::string name);

  // E-mail campaigns; from the bucket of 100 an hour. Created and sent as lists are created.
  base::Task<absl::StatusOr<int64_t>> CreateCampaign(CampaignRequest campaign);
  base::Task<absl::StatusOr<SendNow>> SendCampaign(int64_t campaign_id);
  base::Task<absl::StatusOr<Campaign>> GetCampaign(int64_t campaign_id);  // BREVO_NOT_FOUND
  // Among the 500 newest.
  base::Task<absl::StatusOr<std::optional<Campaign>>> FindCampaign(std::string name);

  // Those for marketing, of whatever URL.
  base::Task<absl::StatusOr<std::vector<RegisteredWebhook>>> ListWebhooks();
  base::Task<absl::StatusOr<int64_t>> CreateWebhook(WebhookRequest webhook);
  base::Task<absl::Status> UpdateWebhook(int64_t webhook_id, WebhookRequest webhook);  // BREVO_NOT_FOUND
  base::Task<absl::Status> DeleteWebhook(int64_t webhook_id);                          // OK also if it is gone already

  // The longest that one exchange takes, once it has its quota.
  std::chrono::milliseconds Timeout() const { return options_.timeout; }

 private:
  struct Request;
  enum class Repeat { kAllowed, kOnlyIfNotActed };

  base::Task<absl::StatusOr<net::HttpResponse>> Exchange(Request request);
  base::Task<absl::StatusOr<net::HttpResponse>> Once(const Request& request);
  base::Task<absl::StatusOr<ListChange>> ChangeList(int64_t list_id, std::string verb, std::vector<std::string> emails,
                                                    Lane lane);
  // Pages of {id, name}, newest first, until one has that name.
  base::Task<absl::StatusOr<std::optional<int64_t>>> FindNamed(std::string_view endpoint, std::string path,
                                                               std::string_view array, std::string name);
  base::Task<absl::StatusOr<int64_t>> CreateNamed(std::string_view endpoint, std::string path, Family family,
                                                  std::string body);

  net::HttpClient& http_;
  ClientOptions options_;
  Governor& governor_;
  base::Clock& clock_;
  base::Random& random_;
  Observer* observer_;
};

// How long to wait before the nth look (from 0) at an import of so many rows: few looks, an hour's
// bucket holds 100 for everything.
std::chrono::seconds ImportPollDelay(int look, std::size_t rows);

}  // namespace tajo::brevo
