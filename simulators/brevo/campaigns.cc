#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/json/time.h"
#include "simulators/brevo/endpoints.h"

namespace tajo::brevo_sim {
namespace {

constexpr int64_t kQueuedMs = 500;  // from sendNow until it counts as sent

std::string StatusOf(const Campaign& campaign, int64_t now_ms) {
  if (campaign.sends == 0) return "draft";
  return now_ms - campaign.sent_ms < kQueuedMs ? "queued" : "sent";
}

nlohmann::json CampaignJson(const Campaign& campaign, int64_t now_ms, bool with_html) {
  nlohmann::json body = {{"id", campaign.id},
                         {"name", campaign.name},
                         {"subject", campaign.subject},
                         {"type", "classic"},
                         {"status", StatusOf(campaign, now_ms)},
                         {"testSent", false},
                         {"header", ""},
                         {"footer", "[DEFAULT_FOOTER]"},
                         {"replyTo", "[DEFAULT_REPLY_TO]"},
                         {"htmlContent", with_html ? campaign.html : ""},
                         {"createdAt", json::FormatIso8601(campaign.created_ms)},
                         {"modifiedAt", json::FormatIso8601(campaign.created_ms)},
                         {"statistics", nlohmann::json::object()}};
  body["sender"] = nlohmann::json::parse(campaign.sender, nullptr, false);
  body["recipients"] = {{"lists", campaign.list_ids}, {"exclusionLists", nlohmann::json::array()}};
  if (campaign.sends > 0) body["sentDate"] = json::FormatIso8601(campaign.sent_ms);
  return body;
}

using Refused = std::optional<net::ServerResponse>;

Refused ReadSender(const nlohmann::json& body, Campaign& campaign) {
  const auto sender = body.find("sender");
  if (sender == body.end() || !sender->is_object()) return Error(400, "missing_parameter", "sender is missing");
  const bool email = sender->contains("email");
  if (email == sender->contains("id")) {
    return Error(400, "invalid_parameter", "Pass either sender email or sender id");
  }
  if (email ? !(*sender)["email"].is_string() : !(*sender)["id"].is_number_integer()) {
    return Error(400, "invalid_parameter", "Sender is invalid / inactive");
  }
  campaign.sender = sender->dump();
  return std::nullopt;
}

Refused ReadContent(const nlohmann::json& body, Campaign& campaign) {
  int given = 0;
  for (const char* key : {"htmlContent", "htmlUrl", "templateId"}) given += body.contains(key) ? 1 : 0;
  if (given == 0) return Error(400, "missing_parameter", "Either htmlContent, htmlUrl or templateId is required");
  if (given > 1) return Error(400, "invalid_parameter", "Pass only one of htmlContent, htmlUrl and templateId");
  if (body.contains("htmlContent")) {
    if (!body["htmlContent"].is_string()) return Error(400, "invalid_parameter", "htmlContent is not valid");
    campaign.html = body["htmlContent"].get<std::string>();
  }
  if (body.contains("templateId")) {
    if (!body["templateId"].is_number_integer()) return Error(400, "invalid_parameter", "templateId is not valid");
    campaign.template_id = body["templateId"].get<int64_t>();
  }
  if (!body.contains("subject") || !body["subject"].is_string() || body["subject"].get<std::string>().empty()) {
    return Error(400, "missing_parameter", "subject is missing");
  }
  campaign.subject = body["subject"].get<std::string>();
  return std::nullopt;
}

net::ServerResponse Create(Scene scene) {
  nlohmann::json body;
  if (auto refused = ParseObject(scene.call, body)) return *std::move(refused);
  CountUnknownKeys(body,
                   {"tag", "sender", "name", "htmlContent", "htmlUrl", "templateId", "scheduledAt", "subject",
                    "previewText", "replyTo", "toField", "recipients", "params", "mirrorActive", "footer", "header"},
                   "POST /emailCampaigns", scene.violations);
  Campaign campaign;
  if (!body.contains("name") || !body["name"].is_string() || body["name"].get<std::string>().empty()) {
    return Error(400, "missing_parameter", "name is missing");
  }
  campaign.name = body["name"].get<std::string>();
  if (auto refused = ReadSender(body, campaign)) return *std::move(refused);
  if (auto refused = ReadContent(body, campaign)) return *std::move(refused);
  const nlohmann::json recipients = body.value("recipients", nlohmann::json::object());
  CountUnknownKeys(recipients, {"listIds", "exclusionListIds", "segmentIds"}, "recipients", scene.violations);
  if (auto refused = ReadIds(recipients, "listIds", campaign.list_ids)) return *std::move(refused);
  if (auto refused = CheckLists(scene.account, campaign.list_ids, scene.violations)) return *std::move(refused);
  if (body.contains("params")) campaign.params = body["params"].dump();
  for (const auto& [id, other] : scene.account.campaigns) {
    // Brevo takes it. Whoever names campaigns after what they are for has made one twice.
    if (other.name == campaign.name) scene.violations.Add("campaign_twice", campaign.name);
  }
  campaign.id = scene.account.next_campaign++;
  campaign.created_ms = scene.call.now_ms;
  const int64_t id = campaign.id;
  scene.account.campaigns.emplace(id, std::move(campaign));
  return Json(201, {{"id", id}});
}

net::ServerResponse List(Scene scene) {
  const int64_t limit = scene.call.Number("limit", 50);
  const int64_t offset = scene.call.Number("offset", 0);
  if (limit < 0 || limit > 100) return Error(400, "out_of_range", "Limit exceeds max value");
  if (offset < 0) return Error(400, "out_of_range", "Offset is not valid");
  const auto wanted = scene.call.Parameter("status");
  const bool with_html = scene.call.Parameter("excludeHtmlContent") != "true";
  std::vector<const Campaign*> found;
  for (const auto& [id, campaign] : scene.account.campaigns) {
    if (!wanted || StatusOf(campaign, scene.call.now_ms) == *wanted) found.push_back(&campaign);
  }
  if (scene.call.Parameter("sort") != "asc") std::reverse(found.begin(), found.end());
  nlohmann::json page = {{"count", found.size()}, {"campaigns", nlohmann::json::array()}};
  for (std::size_t i = static_cast<std::size_t>(offset); i < found.size(); ++i) {
    if (static_cast<int64_t>(i) >= offset + limit) break;
    page["campaigns"].push_back(CampaignJson(*found[i], scene.call.now_ms, with_html));
  }
  return Json(200, page);
}

net::ServerResponse SendNow(Scene scene, Campaign& campaign) {
  if (campaign.sends > 0) {
    scene.violations.Add("campaign_sent_twice", campaign.name);
    const bool queued = StatusOf(campaign, scene.call.now_ms) == "queued";
    return queued ? Error(400, "campaign_processing", "Campaign is being processed")
                  : Error(400, "campaign_sent", "Campaign has already been sent");
  }
  if (campaign.list_ids.empty()) return Error(400, "missing_parameter", "Campaign has no recipients");
  for (const auto& contact : scene.account.contacts) {
    if (contact == nullptr || contact->email.empty() || contact->email_blocklisted) continue;
    const bool member = std::any_of(campaign.list_ids.begin(), campaign.list_ids.end(), [&](int64_t list) {
      return std::find(contact->list_ids.begin(), contact->list_ids.end(), list) != contact->list_ids.end();
    });
    if (member) campaign.recipients.push_back(contact->email);
  }
  ++campaign.sends;
  campaign.sent_ms = scene.call.now_ms;
  return Empty(204);
}

}  // namespace

net::ServerResponse Campaigns(Scene scene) {
  const auto& segments = scene.call.segments;  // emailCampaigns, [id, [sendNow]]
  const std::string& method = scene.call.method;
  if (segments.size() == 1) return method == "POST" ? Create(scene) : List(scene);
  const auto found = scene.account.campaigns.find(ToId(segments[1]).value_or(0));
  if (found == scene.account.campaigns.end()) {
    return Error(404, "document_not_found", "Campaign ID does not exist");
  }
  if (segments.size() == 3 && segments[2] == "sendNow" && method == "POST") return SendNow(scene, found->second);
  if (segments.size() == 2 && method == "GET") {
    return Json(200, CampaignJson(found->second, scene.call.now_ms, /*with_html=*/true));
  }
  if (segments.size() == 2 && method == "DELETE") {
    scene.account.campaigns.erase(found);
    return Empty(204);
  }
  return Error(405, "method_not_allowed", "Method not allowed");
}

nlohmann::json CampaignsTruth(const Account& account, int64_t now_ms) {
  nlohmann::json campaigns = nlohmann::json::array();
  for (const auto& [id, campaign] : account.campaigns) {
    campaigns.push_back({{"id", id},
                         {"name", campaign.name},
                         {"subject", campaign.subject},
                         {"template_id", campaign.template_id},
                         {"params", nlohmann::json::parse(campaign.params, nullptr, false)},
                         {"status", StatusOf(campaign, now_ms)},
                         {"sends", campaign.sends},
                         {"list_ids", campaign.list_ids},
                         {"recipients", campaign.recipients}});
  }
  return campaigns;
}

}  // namespace tajo::brevo_sim
