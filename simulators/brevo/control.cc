#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "common/json/time.h"
#include "simulators/brevo/endpoints.h"
#include "simulators/brevo/simulator.h"
#include "simulators/brevo/writing.h"

namespace tajo::brevo_sim {
namespace {

using Accounts = std::map<std::string, std::unique_ptr<Account>>;

// Those named by ?account=, else all.
std::vector<Account*> Chosen(const Accounts& accounts, const Call& call) {
  const auto key = call.Parameter("account");
  std::vector<Account*> chosen;
  for (const auto& [name, account] : accounts) {
    if (!key || *key == name) chosen.push_back(account.get());
  }
  return chosen;
}

nlohmann::json EventJson(const Account& account, const Event& event) {
  const Contact* contact = account.FindById(event.contact_id);
  return {{"contact_id", event.contact_id},
          {"email", contact == nullptr ? "" : contact->email},
          {"event_name", account.event_names[event.name]},
          {"event_date", json::FormatIso8601(event.date_ms)},
          {"accepted_ms", event.accepted_ms},
          {"event_properties", nlohmann::json::parse(event.properties, nullptr, false)}};
}

// {"contacts","events","distinct_uids","duplicate_uids",...} over the accounts.
nlohmann::json Counts(const std::vector<Account*>& accounts) {
  int64_t contacts = 0, events = 0, distinct = 0, duplicates = 0, lost = 0, imports = 0;
  std::map<std::string, int64_t> lists, names;
  nlohmann::json examples = nlohmann::json::array();
  for (const Account* account : accounts) {
    contacts += account->live_contacts;
    events += static_cast<int64_t>(account->events.size());
    distinct += static_cast<int64_t>(account->uids.size());
    lost += account->lost_events;
    imports += static_cast<int64_t>(account->imports.size());
    for (const auto& [uid, count] : account->uids) {
      if (count < 2) continue;
      duplicates += count - 1;
      if (examples.size() < 10) examples.push_back({{"uid", uid}, {"count", count}});
    }
    for (const auto& contact : account->contacts) {
      if (contact == nullptr) continue;
      for (const int64_t list : contact->list_ids) ++lists[std::to_string(list)];
    }
    for (const Event& event : account->events) ++names[account->event_names[event.name]];
  }
  return {{"contacts", contacts},
          {"events", events},
          {"distinct_uids", distinct},
          {"duplicate_uids", duplicates},
          {"lost_events", lost},
          {"imports", imports},
          {"lists", lists},
          {"events_by_name", names},
          {"duplicate_examples", examples},
          {"accounts", accounts.size()}};
}

nlohmann::json OnePerson(const std::vector<Account*>& accounts, const std::string& email) {
  nlohmann::json person = {{"contact", nullptr}, {"events", nlohmann::json::array()}};
  for (Account* account : accounts) {
    const Contact* contact = account->FindByEmail(email);
    if (contact == nullptr) continue;
    person["contact"] = ContactJson(*account, *contact);
    for (const Event& event : account->events) {
      if (event.contact_id == contact->id) person["events"].push_back(EventJson(*account, event));
    }
  }
  person["event_count"] = person["events"].size();
  return person;
}

nlohmann::json AllContacts(const std::vector<Account*>& accounts, int64_t offset, int64_t limit) {
  nlohmann::json items = nlohmann::json::array();
  int64_t i = 0;
  for (const Account* account : accounts) {
    for (const auto& contact : account->contacts) {
      if (contact == nullptr) continue;
      if (i >= offset && i - offset < limit) items.push_back(ContactJson(*account, *contact));
      ++i;
    }
  }
  return {{"contacts", std::move(items)}, {"count", i}};
}

nlohmann::json AllEvents(const std::vector<Account*>& accounts, const Call& call, int64_t offset, int64_t limit) {
  const auto name = call.Parameter("name");
  nlohmann::json items = nlohmann::json::array();
  int64_t i = 0;
  for (const Account* account : accounts) {
    for (const Event& event : account->events) {
      if (name && account->event_names[event.name] != *name) continue;
      if (i >= offset && i - offset < limit) items.push_back(EventJson(*account, event));
      ++i;
    }
  }
  return {{"events", std::move(items)}, {"count", i}};
}

std::optional<AccountMode> ModeOf(std::string_view name) {
  if (name == "ok") return AccountMode::kOk;
  if (name == "ip_blocked") return AccountMode::kIpBlocked;
  if (name == "no_credits") return AccountMode::kNoCredits;
  if (name == "under_validation") return AccountMode::kUnderValidation;
  return std::nullopt;
}

}  // namespace

net::ServerResponse Simulator::Latency(const Call& call) const {
  std::vector<int32_t> all;
  for (const Account* account : Chosen(accounts_, call)) {
    all.insert(all.end(), account->latencies_ms.begin(), account->latencies_ms.end());
  }
  std::sort(all.begin(), all.end());
  const auto percentile = [&all](double share) -> int64_t {
    if (all.empty()) return 0;
    return all[std::min(all.size() - 1, static_cast<std::size_t>(share * static_cast<double>(all.size())))];
  };
  return Json(200, {{"count", all.size()},
                    {"p50_ms", percentile(0.5)},
                    {"p90_ms", percentile(0.9)},
                    {"p95_ms", percentile(0.95)},
                    {"p99_ms", percentile(0.99)},
                    {"max_ms", all.empty() ? 0 : all.back()}});
}

net::ServerResponse Simulator::ControlTruth(const Call& call) {
  const std::vector<Account*> chosen = Chosen(accounts_, call);
  const int64_t offset = call.Number("offset", 0), limit = call.Number("limit", INT64_MAX);
  const std::string part = call.segments.size() > 2 ? call.segments[2] : "";
  if (part == "contacts") return Json(200, AllContacts(chosen, offset, limit));
  if (part == "events") return Json(200, AllEvents(chosen, call, offset, limit));
  if (!part.empty()) return Empty(404);
  if (const auto email = call.Parameter("email")) return Json(200, OnePerson(chosen, *email));
  return Json(200, Counts(chosen));
}

// POST /_control/contacts/delete | unsubscribe {"email", "notify": true}. Answers when the webhooks have been
// sent: {"contacts": how many, "webhooks": how many}. Without `notify` Brevo's webhook is lost on its way.
base::Task<net::ServerResponse> Simulator::ControlPerson(Call call) {
  const auto body = nlohmann::json::parse(call.body, nullptr, false);
  const std::string what = call.segments[2];
  const bool known = what == "delete" || what == "unsubscribe";
  if (!body.is_object() || !known || !body.contains("email") || !body["email"].is_string()) {
    co_return Error(400, "invalid_parameter", "POST /_control/contacts/delete or unsubscribe with an email");
  }
  std::vector<Delivery> deliveries;
  int64_t contacts = 0;
  for (Account* account : Chosen(accounts_, call)) {
    Contact* contact = account->FindByEmail(body["email"].get<std::string>());
    if (contact == nullptr) continue;
    ++contacts;
    const std::string event = what == "delete" ? "contactDeleted" : "unsubscribed";
    auto more = DeliveriesFor(*account, event, *contact, call.now_ms);
    deliveries.insert(deliveries.end(), more.begin(), more.end());
    if (what == "delete") {
      account->Remove(*contact);
    } else {
      contact->email_blocklisted = true;
    }
  }
  if (!body.value("notify", true)) deliveries.clear();
  const auto webhooks = static_cast<int64_t>(deliveries.size());
  if (deliveries_ != nullptr) co_await deliveries_->Send(std::move(deliveries));
  nlohmann::json answer = {{"contacts", contacts}, {"webhooks", webhooks}};
  co_return Json(200, answer);
}

net::ServerResponse Simulator::ControlChange(const Call& call) {
  const std::string& what = call.segments[1];
  nlohmann::json body = nlohmann::json::object();
  if (!call.body.empty()) {
    if (auto refused = ParseObject(call, body)) return *std::move(refused);
  }
  if (what == "reset") {
    accounts_.clear();
    violations_.Clear();
    faults_.Clear();
    answers_.clear();
    for (const std::string& key : options_.api_keys) Open(key);
    return Empty(204);
  }
  if (what == "faults") {
    const absl::Status added = faults_.Add(body);
    return added.ok() ? Empty(201) : Error(400, "invalid_parameter", std::string(added.message()));
  }
  if (what == "lists") {
    // In every account, also in those to come.
    std::vector<int64_t> ids;
    if (auto refused = ReadIds(body, "ids", ids)) return *std::move(refused);
    for (const int64_t id : ids) {
      options_.lists.push_back(id);
      for (const auto& [key, account] : accounts_) account->lists.emplace(id, fmt::format("List {}", id));
    }
    return Json(201, {{"ids", ids}});
  }
  if (what == "imports") {
    // Those that end next fail without effect.
    const auto fail = body.find("fail");
    if (fail == body.end() || !fail->is_number_integer()) {
      return Error(400, "invalid_parameter", "POST /_control/imports with how many are to fail");
    }
    for (Account* account : Chosen(accounts_, call)) account->imports_to_fail = fail->get<int64_t>();
    return Empty(204);
  }
  if (what == "accounts") {
    const auto mode = ModeOf(body.value("mode", "ok"));
    const std::string key = body.value("api_key", "");
    if (!mode || key.empty()) {
      return Error(400, "invalid_parameter", "api_key, and mode: ok, ip_blocked, no_credits or under_validation");
    }
    Open(key).mode = *mode;
    return Empty(201);
  }
  return Empty(404);
}

net::ServerResponse Simulator::Control(const Call& call) {
  const std::string what = call.segments.size() > 1 ? call.segments[1] : "";
  if (call.method == "DELETE" && what == "faults") {
    faults_.Clear();
    return Empty(204);
  }
  if (call.method == "POST" && !what.empty()) return ControlChange(call);
  if (call.method != "GET") return Empty(405);
  if (what == "violations") return Json(200, violations_.Report());
  if (what == "truth") return ControlTruth(call);
  if (what == "latency") return Latency(call);
  if (what == "campaigns") {
    nlohmann::json report = nlohmann::json::array();
    for (const Account* account : Chosen(accounts_, call)) {
      for (auto& campaign : CampaignsTruth(*account, call.now_ms)) report.push_back(std::move(campaign));
    }
    return Json(200, {{"campaigns", report}});
  }
  if (what == "webhooks") {
    nlohmann::json report = deliveries_ == nullptr ? nlohmann::json::object() : deliveries_->Json();
    report["webhooks"] = nlohmann::json::array();
    for (const Account* account : Chosen(accounts_, call)) {
      for (const auto& [id, webhook] : account->webhooks) {
        report["webhooks"].push_back({{"id", id}, {"url", webhook.url}, {"events", webhook.events}});
      }
    }
    return Json(200, report);
  }
  if (what == "requests") {
    nlohmann::json report = nlohmann::json::object();
    for (const auto& [endpoint, by_status] : answers_) {
      for (const auto& [status, count] : by_status) report[endpoint][std::to_string(status)] = count;
    }
    return Json(200, report);
  }
  return Empty(404);
}

}  // namespace tajo::brevo_sim
