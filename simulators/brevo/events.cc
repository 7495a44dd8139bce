#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "common/json/time.h"
#include "simulators/brevo/endpoints.h"
#include "simulators/brevo/writing.h"

namespace tajo::brevo_sim {
namespace {

constexpr std::size_t kMaxBatchEvents = 200;
constexpr std::size_t kMaxBatchBytes = 512'000;
constexpr std::size_t kMaxPropertiesBytes = 50'000;

bool IsName(std::string_view name) {
  return !name.empty() && name.size() <= 255 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

bool HasBadKey(const nlohmann::json& value) {
  if (value.is_object()) {
    for (const auto& [key, child] : value.items()) {
      if (!IsName(key) || HasBadKey(child)) return true;
    }
  }
  return value.is_array() && std::any_of(value.begin(), value.end(), HasBadKey);
}

bool IsFilled(const nlohmann::json& object, std::string_view key) {
  const auto found = object.find(key);
  if (found == object.end()) return false;
  return key == "contact_id" ? found->is_number_integer()
                             : found->is_string() && !found->get_ref<const std::string&>().empty();
}

// Why Brevo refuses the event; nothing if it takes it.
std::optional<std::string> Complaint(const nlohmann::json& event, const Options& options, Violations& violations) {
  if (!event.is_object()) return "event must be an object";
  CountUnknownKeys(event,
                   {"event_name", "event_date", "identifiers", "contact_properties", "event_properties", "object"},
                   "event", violations);
  const auto name = event.find("event_name");
  if (name == event.end() || !name->is_string()) return "event_name is required";
  if (!IsName(name->get_ref<const std::string&>())) {
    return "event_name is invalid: only alphanumeric characters, hyphens and underscores are allowed";
  }
  if (const auto date = event.find("event_date"); date != event.end()) {
    if (!date->is_string() || !json::ParseJiraTime(date->get_ref<const std::string&>())) return "event_date is invalid";
  }
  const auto identifiers = event.find("identifiers");
  if (identifiers == event.end() || !identifiers->is_object()) return "identifiers is required";
  CountUnknownKeys(*identifiers, {"contact_id", "email_id", "ext_id", "phone_id", "whatsapp_id", "landline_number_id"},
                   "event identifiers", violations);
  bool identified = false;
  for (const std::string_view key :
       {"contact_id", "email_id", "ext_id", "phone_id", "whatsapp_id", "landline_number_id"}) {
    identified = identified || IsFilled(*identifiers, key);
  }
  if (!identified) return "at least one identifier is required";
  if (const auto properties = event.find("event_properties"); properties != event.end()) {
    if (!properties->is_object()) return "event_properties must be an object";
    if (HasBadKey(*properties)) return "event_properties has an invalid key";
    const std::string& poison = options.poison_property;
    if (!poison.empty() && properties->contains(poison))
      return "event_properties is refused for a reason of Brevo's own";
    if (properties->dump().size() > kMaxPropertiesBytes) return "event_properties exceeds 50 KB";
  }
  return std::nullopt;
}

// contact_id wins over all others.
Contact* Addressee(Account& account, const nlohmann::json& identifiers) {
  if (IsFilled(identifiers, "contact_id")) return account.FindById(identifiers["contact_id"].get<int64_t>());
  if (IsFilled(identifiers, "email_id"))
    return account.FindByEmail(identifiers["email_id"].get_ref<const std::string&>());
  if (IsFilled(identifiers, "ext_id")) return account.FindByExtId(identifiers["ext_id"].get_ref<const std::string&>());
  if (IsFilled(identifiers, "phone_id")) {
    return account.FindBySms(NormalPhone(identifiers["phone_id"].get_ref<const std::string&>()).value_or(""));
  }
  return nullptr;
}

// When the change happened at its source, by the event's own word.
std::optional<int64_t> ChangedAt(const nlohmann::json& properties) {
  const auto changed = properties.find("changed_at");
  if (changed == properties.end()) return std::nullopt;
  if (changed->is_number()) return json::ParseJiraTime(changed->get<int64_t>());
  return changed->is_string() ? json::ParseJiraTime(changed->get_ref<const std::string&>()) : std::nullopt;
}

void Accept(Scene scene, const nlohmann::json& event) {
  Account& account = scene.account;
  Contact* contact = Addressee(account, event["identifiers"]);
  if (contact == nullptr) {
    // Accepted, and attributed to nobody.
    ++account.lost_events;
    scene.violations.Add("event_for_unknown_contact", event["event_name"].get<std::string>());
    return;
  }
  const auto properties = event.find("event_properties");
  const nlohmann::json given = properties == event.end() ? nlohmann::json::object() : *properties;
  const int64_t now_ms = scene.call.now_ms;
  std::optional<int64_t> date;
  if (const auto text = event.find("event_date"); text != event.end()) {
    date = json::ParseJiraTime(text->get_ref<const std::string&>());
  }
  account.events.push_back({contact->id, account.EventName(event["event_name"].get<std::string>()),
                            date.value_or(now_ms), now_ms, given.dump()});
  if (const auto uid = given.find("uid"); uid != given.end() && uid->is_string()) {
    ++account.uids[uid->get<std::string>()];
  }
  if (const auto changed = ChangedAt(given).has_value() ? ChangedAt(given) : date) {
    account.latencies_ms.push_back(static_cast<int32_t>(std::clamp<int64_t>(now_ms - *changed, 0, INT32_MAX)));
  }
  if (const auto values = event.find("contact_properties"); values != event.end() && values->is_object()) {
    SetAttributes(account, *contact, *values, true, scene.violations);
    contact->modified_ms = now_ms;
  }
}

nlohmann::json BatchErrors(std::string_view status, std::size_t total,
                           const std::map<std::string, std::vector<std::size_t>>& errors) {
  std::size_t failed = 0;
  nlohmann::json groups = nlohmann::json::array();
  for (const auto& [message, indexes] : errors) {
    failed += indexes.size();
    groups.push_back({{"eventIndex", indexes}, {"message", message}});
  }
  return {{"status", status},
          {"total_events", total},
          {"successful_events", total - failed},
          {"failed_events", failed},
          {"errors", groups}};
}

}  // namespace

net::ServerResponse CreateEvent(Scene scene) {
  nlohmann::json body;
  if (auto refused = ParseObject(scene.call, body)) return *std::move(refused);
  if (const auto complaint = Complaint(body, scene.options, scene.violations)) {
    scene.violations.Add("event_refused", *complaint);
    return Error(400, "invalid_parameter", *complaint);
  }
  Accept(scene, body);
  return Empty(204);
}

net::ServerResponse CreateEvents(Scene scene) {
  if (scene.call.body.size() > kMaxBatchBytes) {
    scene.violations.Add("event_batch_bytes", fmt::format("{} bytes", scene.call.body.size()));
    return Error(400, "invalid_parameter", "request body exceeds 512 KB");
  }
  const nlohmann::json body = nlohmann::json::parse(scene.call.body, nullptr, false);
  if (body.is_array()) {
    scene.violations.Add("event_batch_array", "a bare array instead of {\"events\":[...]}");
    return Json(400, {{"message", "json: cannot unmarshal array into Go value of type main.unifiedEventsRequest"}});
  }
  if (!body.is_object()) return Error(400, "bad_request", "Input must be a valid JSON object");
  CountUnknownKeys(body, {"events"}, "POST /events/batch", scene.violations);
  const auto events = body.find("events");
  if (events == body.end() || !events->is_array() || events->empty()) {
    return Error(400, "missing_parameter", "events is required");
  }
  if (events->size() > kMaxBatchEvents) {
    scene.violations.Add("event_batch_count", fmt::format("{} events", events->size()));
    return Error(400, "invalid_parameter", "a batch has at most 200 events");
  }
  std::map<std::string, std::vector<std::size_t>> errors;
  std::set<std::size_t> bad;
  for (std::size_t i = 0; i < events->size(); ++i) {
    if (const auto complaint = Complaint((*events)[i], scene.options, scene.violations)) {
      scene.violations.Add("event_refused", *complaint);
      errors[*complaint].push_back(i);
      bad.insert(i);
    }
  }
  const bool refused =
      bad.size() == events->size() || (!bad.empty() && scene.options.partial_batch == PartialBatch::k400);
  if (refused) {
    nlohmann::json answer = BatchErrors("error", events->size(), errors);
    answer["successful_events"] = 0;
    return Json(400, answer);
  }
  for (std::size_t i = 0; i < events->size(); ++i) {
    if (!bad.contains(i)) Accept(scene, (*events)[i]);
  }
  if (!bad.empty() && scene.options.partial_batch == PartialBatch::k207) {
    return Json(207, BatchErrors("partial_success", events->size(), errors));
  }
  return Json(202, {{"message", "Batch accepted. Valid events have been added to the processing queue."},
                    {"count", events->size() - bad.size()}});
}

net::ServerResponse ListEvents(Scene scene) {
  const int64_t limit = scene.call.Number("limit", 100);
  const int64_t offset = scene.call.Number("offset", 0);
  if (limit < 1 || limit > 10'000) return Error(400, "out_of_range", "limit should be between 1 and 10000");
  if (offset < 0) return Error(400, "out_of_range", "offset should be a positive number");
  constexpr int64_t kSixMonthsMs = 183LL * 86'400'000;
  int64_t from_ms = scene.call.now_ms - kSixMonthsMs, to_ms = INT64_MAX;
  const auto start = scene.call.Parameter("startDate"), end = scene.call.Parameter("endDate");
  if (start.has_value() != end.has_value()) {
    return Error(400, "missing_parameter", "startDate and endDate must be given together");
  }
  if (start) {
    const auto from = json::ParseJiraTime(*start), to = json::ParseJiraTime(*end);
    if (!from || !to) return Error(400, "invalid_parameter", "startDate or endDate is not valid");
    from_ms = *from;
    // A day without a time is the whole of it.
    to_ms = end->size() == 10 ? *to + 86'399'999 : *to;
  }
  std::set<std::string> names;
  for (const std::string& name : scene.call.Parameters("event_name")) names.insert(name);
  std::set<int64_t> contacts;
  for (const std::string& id : scene.call.Parameters("contact_id")) contacts.insert(ToId(id).value_or(-1));

  const Account& account = scene.account;
  std::vector<const Event*> found;
  for (const Event& event : account.events) {
    if (event.date_ms < from_ms || event.date_ms > to_ms) continue;
    if (!names.empty() && !names.contains(account.event_names[event.name])) continue;
    if (!contacts.empty() && !contacts.contains(event.contact_id)) continue;
    found.push_back(&event);
  }
  std::stable_sort(found.begin(), found.end(), [](const Event* a, const Event* b) { return a->date_ms > b->date_ms; });
  nlohmann::json page = {{"events", nlohmann::json::array()}, {"count", found.size()}};
  for (int64_t i = offset; i < offset + limit && i < static_cast<int64_t>(found.size()); ++i) {
    const Event& event = *found[static_cast<std::size_t>(i)];
    page["events"].push_back({{"contact_id", event.contact_id},
                              {"event_date", json::FormatIso8601(event.date_ms)},
                              {"event_name", account.event_names[event.name]},
                              {"event_filter_id", nullptr},
                              {"object_type", nullptr},
                              {"event_properties", nlohmann::json::parse(event.properties, nullptr, false)},
                              {"contact_properties", nlohmann::json::object()}});
  }
  return Json(200, page);
}

}  // namespace tajo::brevo_sim
