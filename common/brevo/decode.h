#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/brevo/types.h"
#include "common/net/http_client.h"

namespace tajo::brevo {

// Brevo's answers as values; BREVO_RESPONSE_INVALID for what isn't one.
absl::StatusOr<Account> DecodeAccount(std::string_view body);
absl::StatusOr<std::vector<AttributeDefinition>> DecodeAttributes(std::string_view body);
absl::StatusOr<Contact> DecodeContact(std::string_view body);
absl::StatusOr<ContactPage> DecodeContacts(std::string_view body);
absl::StatusOr<List> DecodeList(std::string_view body);
absl::StatusOr<ListPage> DecodeLists(std::string_view body);
absl::StatusOr<ListChange> DecodeListChange(std::string_view body);
absl::StatusOr<int64_t> DecodeId(std::string_view body, std::string_view key);
absl::StatusOr<Process> DecodeProcess(std::string_view body);
absl::StatusOr<EventPage> DecodeEvents(std::string_view body);
absl::StatusOr<Campaign> DecodeCampaign(std::string_view body);
struct CampaignPage {
  std::vector<Campaign> campaigns;
  int64_t count = 0;  // of all pages
};
absl::StatusOr<CampaignPage> DecodeCampaigns(std::string_view body);
// Folders or lists, in `array`; none if it is missing.
absl::StatusOr<ListPage> DecodeNamed(std::string_view body, std::string_view array);
absl::StatusOr<std::vector<RegisteredWebhook>> DecodeWebhooks(std::string_view body);

// 201 and 204, both with or without a body.
Upserted DecodeUpsert(const net::HttpResponse& response);

// Any answer to a batch of `sent` events; an error if it is about the whole call.
absl::StatusOr<EventsOutcome> DecodeBatch(const net::HttpResponse& response, std::size_t sent);

// The e-mail of each line of a result file: CSV with ';' or ',', quoted or not, with or without a header.
std::vector<std::string> EmailsInCsv(std::string_view csv);

}  // namespace tajo::brevo
