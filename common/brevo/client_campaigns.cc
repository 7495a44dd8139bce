#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "common/base/error.h"
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

constexpr std::string_view kFolders = "GET /contacts/folders";
constexpr std::string_view kCreateFolder = "POST /contacts/folders";
constexpr std::string_view kFolderLists = "GET /contacts/folders/{id}/lists";
constexpr std::string_view kCreateList = "POST /contacts/lists";
constexpr std::string_view kCampaigns = "GET /emailCampaigns";
constexpr std::string_view kCampaign = "GET /emailCampaigns/{id}";
constexpr std::string_view kCreateCampaign = "POST /emailCampaigns";
constexpr std::string_view kSendNow = "POST /emailCampaigns/{id}/sendNow";

constexpr int64_t kNamedPage = 50;      // Brevo's most of lists and folders
constexpr int64_t kCampaignPage = 100;  // and of campaigns
constexpr int64_t kCampaignsLookedAt = 500;

bool IsSentAlready(const net::HttpResponse& response) {
  if (response.status != 400) return false;
  const auto document = json::ParseJson(response.body, v1::BREVO_RESPONSE_INVALID);
  if (!document.ok()) return false;
  const std::string code = json::Reader(*document).String("code").value_or("");
  return code == "campaign_sent" || code == "campaign_processing";
}

}  // namespace

base::Task<absl::StatusOr<std::optional<int64_t>>> Client::FindNamed(std::string_view endpoint, std::string path,
                                                                     std::string_view array, std::string name) {
  for (int64_t offset = 0;; offset += kNamedPage) {
    Request request{
        net::Method::kGet, endpoint,    fmt::format("{}?limit={}&offset={}&sort=desc", path, kNamedPage, offset),
        Family::kContacts, Lane::kLive, {}};
    auto response = co_await Exchange(std::move(request));
    if (!response.ok()) co_return response.status();
    if (!response->Succeeded()) co_return ErrorFrom(*response, endpoint);
    TAJO_CO_ASSIGN_OR_RETURN(const ListPage page, DecodeNamed(response->body, array));
    for (const List& item : page.lists) {
      if (item.name == name) co_return item.id;
    }
    if (page.lists.empty() || offset + kNamedPage >= page.count) co_return std::nullopt;
  }
}

base::Task<absl::StatusOr<int64_t>> Client::CreateNamed(std::string_view endpoint, std::string path, Family family,
                                                        std::string body) {
  Request request{net::Method::kPost, endpoint,        std::move(path),        family,
                  Lane::kLive,        std::move(body), Repeat::kOnlyIfNotActed};
  auto response = co_await Exchange(std::move(request));
  if (!response.ok()) co_return response.status();
  if (!response->Succeeded()) co_return ErrorFrom(*response, endpoint);
  co_return DecodeId(response->body, "id");
}

base::Task<absl::StatusOr<std::optional<int64_t>>> Client::FindFolder(std::string name) {
  return FindNamed(kFolders, "/contacts/folders", "folders", std::move(name));
}

base::Task<absl::StatusOr<std::optional<int64_t>>> Client::FindList(int64_t folder_id, std::string name) {
  return FindNamed(kFolderLists, fmt::format("/contacts/folders/{}/lists", folder_id), "lists", std::move(name));
}

base::Task<absl::StatusOr<int64_t>> Client::CreateFolder(std::string name) {
  return CreateNamed(kCreateFolder, "/contacts/folders", Family::kContacts,
                     fmt::format(R"({{"name":{}}})", QuotedJson(name)));
}

base::Task<absl::StatusOr<int64_t>> Client::CreateList(int64_t folder_id, std::string name) {
  return CreateNamed(kCreateList, "/contacts/lists", Family::kContacts,
                     fmt::format(R"({{"name":{},"folderId":{}}})", QuotedJson(name), folder_id));
}

base::Task<absl::StatusOr<int64_t>> Client::CreateCampaign(CampaignRequest campaign) {
  return CreateNamed(kCreateCampaign, "/emailCampaigns", Family::kOther, CampaignBody(campaign));
}

base::Task<absl::StatusOr<SendNow>> Client::SendCampaign(int64_t campaign_id) {
  Request request{net::Method::kPost,     kSendNow,    fmt::format("/emailCampaigns/{}/sendNow", campaign_id),
                  Family::kOther,         Lane::kLive, {},
                  Repeat::kOnlyIfNotActed};
  auto response = co_await Exchange(std::move(request));
  if (!response.ok()) co_return response.status();
  if (IsSentAlready(*response)) co_return SendNow::kAlreadySent;
  if (!response->Succeeded()) co_return ErrorFrom(*response, kSendNow);
  co_return SendNow::kAccepted;
}

base::Task<absl::StatusOr<Campaign>> Client::GetCampaign(int64_t campaign_id) {
  Request request{net::Method::kGet, kCampaign,   fmt::format("/emailCampaigns/{}", campaign_id),
                  Family::kOther,    Lane::kLive, {}};
  auto response = co_await Exchange(std::move(request));
  if (!response.ok()) co_return response.status();
  if (!response->Succeeded()) co_return ErrorFrom(*response, kCampaign);
  co_return DecodeCampaign(response->body);
}

base::Task<absl::StatusOr<std::optional<Campaign>>> Client::FindCampaign(std::string name) {
  for (int64_t offset = 0; offset < kCampaignsLookedAt; offset += kCampaignPage) {
    Request request{
        net::Method::kGet,
        kCampaigns,
        fmt::format("/emailCampaigns?limit={}&offset={}&sort=desc&excludeHtmlContent=true", kCampaignPage, offset),
        Family::kOther,
        Lane::kLive,
        {}};
    auto response = co_await Exchange(std::move(request));
    if (!response.ok()) co_return response.status();
    if (!response->Succeeded()) co_return ErrorFrom(*response, kCampaigns);
    TAJO_CO_ASSIGN_OR_RETURN(CampaignPage page, DecodeCampaigns(response->body));
    for (Campaign& campaign : page.campaigns) {
      if (campaign.name == name) co_return std::move(campaign);
    }
    if (page.campaigns.empty() || offset + kCampaignPage >= page.count) break;
  }
  co_return std::nullopt;
}

}  // namespace tajo::brevo
