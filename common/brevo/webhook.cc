#include "common/brevo/webhook.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "common/base/ascii.h"
#include "common/base/error.h"
#include "common/json/parse.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::brevo {
namespace {

constexpr char kWebhooksPath[] = "/webhooks/brevo/";
constexpr std::size_t kMaxEmailBytes = 320;
// Seconds until the year 5138; what is larger is in milliseconds.
constexpr int64_t kMostSeconds = 100'000'000'000;

absl::Status Unreadable(std::string_view message) {
  return base::Error(jira::v1::WEBHOOK_UNREADABLE, message);
}

// "contact_deleted" and "contactDeleted" are one name.
std::string PlainName(const std::string& event) {
  std::string name = base::LowerCase(event);
  std::erase_if(name, [](char c) { return c == '_' || c == '-' || c == ' '; });
  return name;
}

std::optional<ContactNotice::Kind> KindOf(const std::string& event) {
  const std::string name = PlainName(event);
  if (name == "contactdeleted") return ContactNotice::Kind::kDeleted;
  if (name == "unsubscribed" || name == "unsubscribe") return ContactNotice::Kind::kUnsubscribed;
  return std::nullopt;
}

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

bool LooksLikeEmail(std::string_view text) {
  const std::size_t at = text.find('@');
  return at != std::string_view::npos && at > 0 && at + 1 < text.size() && text.size() <= kMaxEmailBytes &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) != 0x7f;
         });
}

int64_t TimeOf(const nlohmann::json& event) {
  for (const char* key : {"ts_event", "ts"}) {
    const auto found = event.find(key);
    if (found == event.end() || !found->is_number_integer()) continue;
    if (found->is_number_unsigned() && found->get<uint64_t>() > static_cast<uint64_t>(INT64_MAX)) continue;
    const int64_t time = found->get<int64_t>();
    if (time > 0) return time < kMostSeconds ? time * 1000 : time;
  }
  return 0;
}

void ReadEvent(const nlohmann::json& event, WebhookDelivery& delivery) {
  const auto name = event.is_object() ? event.find("event") : event.end();
  if (!event.is_object() || name == event.end() || !name->is_string()) {
    ++delivery.unreadable;
    return;
  }
  const auto kind = KindOf(name->get_ref<const std::string&>());
  const auto email = event.find("email");
  const bool without_email = email == event.end() || email->is_null();
  if (!kind || without_email) {
    ++delivery.ignored;
    return;
  }
  const std::string_view address =
      email->is_string() ? Trimmed(email->get_ref<const std::string&>()) : std::string_view();
  if (email->is_string() && address.empty()) {
    ++delivery.ignored;
  } else if (!LooksLikeEmail(address)) {
    ++delivery.unreadable;
  } else {
    delivery.notices.push_back({*kind, std::string(address), TimeOf(event)});
  }
}

}  // namespace

absl::StatusOr<WebhookDelivery> ReadWebhook(std::string_view body) {
  json::ParseLimits limits;
  limits.max_depth = 32;
  TAJO_ASSIGN_OR_RETURN(const nlohmann::json document, json::ParseJson(body, jira::v1::WEBHOOK_UNREADABLE, limits));
  const nlohmann::json* events = document.is_array() ? &document : nullptr;
  if (document.is_object()) {
    const auto batch = document.find("events");
    if (!document.contains("event") && batch != document.end() && batch->is_array()) events = &*batch;
  } else if (events == nullptr) {
    return Unreadable("the body is neither an event nor a list of events");
  }
  WebhookDelivery delivery;
  if (events == nullptr) {
    ReadEvent(document, delivery);
    return delivery;
  }
  if (events->size() > kMaxWebhookEvents) return Unreadable("the body holds more than 5000 events");
  for (const nlohmann::json& event : *events) ReadEvent(event, delivery);
  return delivery;
}

std::string WebhookPath(std::string_view connection_id) {
  return std::string(kWebhooksPath).append(connection_id);
}

bool IsWebhookOf(std::string_view url, std::string_view connection_id) {
  return !connection_id.empty() && url.ends_with(WebhookPath(connection_id));
}

std::string_view ConnectionOfWebhook(std::string_view url, std::string_view public_url) {
  if (public_url.empty() || !url.starts_with(public_url)) return {};
  url.remove_prefix(public_url.size());
  if (!url.starts_with(kWebhooksPath)) return {};
  url.remove_prefix(std::string_view(kWebhooksPath).size());
  return url.find('/') == std::string_view::npos ? url : std::string_view();
}

}  // namespace tajo::brevo
