#include "tests/e2e/system/system.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "common/net/curl_client.h"
#include "common/net/url.h"
#include "tests/support/run_task.h"

namespace tajo::e2e {
namespace {

using nlohmann::json;

constexpr char kWebhookSecret[] = "e2e-webhook-secret";

// As on the product page, without the two lines that the command line gives.
constexpr char kConfig[] = R"(connectors:
  jira:
    enabled: true
    sync: {issues: true, projects: true, users: true, comments: true, worklogs: false}
    projects:
      - {key: "SUPPORT", sync_to_list: 22}
      - {key: "PRODUCT", sync_to_list: 23}
    issue_types: [Bug, Story, Task, Support Request]
    sync_interval: $interval
field_mapping:
  accountId: JIRA_ACCOUNT_ID
  emailAddress: email
  displayName: FIRSTNAME
  issue_key: LAST_TICKET_KEY
  issue_status: LAST_TICKET_STATUS
  issue_priority: LAST_TICKET_PRIORITY
  issue_created: LAST_TICKET_DATE
  resolution: LAST_TICKET_RESOLUTION
)";

std::string Binary(const std::string& name) {
  return std::string(TAJO_BINARY_DIR) + "/" + name;
}

std::string OfAccount(const std::string& brevo_key) {
  return brevo_key.empty() ? "" : "?account=" + brevo_key;
}

std::string Text(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// What a timeline event is about, whatever its uid: (event name, customer, thing, detail).
using Fact = std::tuple<std::string, std::string, std::string, std::string>;

// The timeline events that one change of the simulator must become.
std::vector<Fact> Expected(const json& change) {
  const std::string kind = Text(change, "kind");
  const std::string customer = Text(change, "customer");
  const std::string issue = Text(change, "issue_id");
  std::vector<Fact> facts;
  if (kind == "version_released" || kind == "sprint_completed") {
    const bool version = kind == "version_released";
    for (const auto& one : change.value("customers", json::array())) {
      facts.emplace_back("jira_" + kind, one.get<std::string>(), Text(change, version ? "version_id" : "sprint_id"),
                         "");
    }
    return facts;
  }
  if (customer.empty()) return facts;
  const auto add = [&](const char* name, const std::string& detail) {
    facts.emplace_back(name, customer, issue, detail);
  };
  static const std::map<std::string, std::string> fields = {{"priority_changed", "priority"},
                                                            {"summary_changed", "summary"},
                                                            {"version_changed", "fix_version"},
                                                            {"sprint_changed", "sprint"},
                                                            {"moved", "issue_key"}};
  if (kind == "issue_created") add("jira_issue_created", "");
  if (kind == "issue_deleted") add("jira_issue_deleted", "");
  if (kind == "status_changed") add("jira_issue_status_changed", Text(change, "to"));
  if (kind == "resolution_changed" && !Text(change, "to").empty()) add("jira_issue_resolved", Text(change, "to"));
  if (kind == "assigned") add("jira_issue_assigned", "");
  if (kind == "comment_added" && change.value("public", false)) add("jira_comment_added", Text(change, "comment_id"));
  if (const auto field = fields.find(kind); field != fields.end()) add("jira_issue_updated", field->second);
  return facts;
}

Fact Seen(const json& event) {
  const std::string name = Text(event, "event_name");
  const json& properties = event["event_properties"];
  std::string thing = Text(properties, "issue_id");
  std::string detail;
  if (name == "jira_version_released") thing = Text(properties, "version_id");
  if (name == "jira_sprint_completed" || name == "jira_sprint_started") thing = Text(properties, "sprint_id");
  if (name == "jira_issue_status_changed") detail = Text(properties, "to_status");
  if (name == "jira_issue_resolved") detail = Text(properties, "resolution");
  if (name == "jira_comment_added") detail = Text(properties, "comment_id");
  if (name == "jira_issue_updated") detail = Text(properties, "field");
  return {name, Text(event, "email"), thing, detail};
}

}  // namespace

System::System(SystemOptions options) : options_(std::move(options)) {
  char folder[] = "/tmp/tajo-e2e-XXXXXX";
  if (mkdtemp(folder) == nullptr) throw std::runtime_error("mkdtemp failed");
  folder_ = folder;
  net::CurlOptions curl;
  curl.allow_insecure = true;
  http_ = net::MakeCurlClient(loop_.Context(), curl);
  redis_ = std::make_unique<testing::RedisServer>(
      std::vector<std::string>{"--appendonly", "yes", "--appendfsync", "always"});
  const std::string limits = options_.limits ? "on" : "off";
  jira_ = std::make_unique<Child>(
      "jira-sim",
      std::vector<std::string>{Binary("tajo-jira-sim"), "--listen", "127.0.0.1:0", "--issues",
                               std::to_string(options_.issues), "--customers", std::to_string(options_.customers),
                               "--limits", limits, "--email", "ops@example.com", "--api-token", "sim-token",
                               "--retry-base-ms", "300"},
      folder_ + "/jira-sim.log");
  brevo_ =
      std::make_unique<Child>("brevo-sim",
                              std::vector<std::string>{Binary("tajo-brevo-sim"), "--listen", "127.0.0.1:0", "--lists",
                                                       "22,23", "--limits", options_.limits ? "general" : "off",
                                                       "--import-delay", options_.import_delay, "--min-poll", "0"},
                              folder_ + "/brevo-sim.log");
  jira_->Start();
  brevo_->Start();
  jira_url_ = "http://" + jira_->AwaitValue("listening");
  brevo_url_ = "http://" + brevo_->AwaitValue("listening");
  if (options_.niceness != 0) (void)nice(options_.niceness);

  WriteConfig(options_.sync_interval);
  const Finished keyring = Run({Binary("tajo"), "keyring", "generate", "--output", folder_ + "/keyring"});
  if (keyring.exit_code != 0) throw std::runtime_error("keyring generate: " + keyring.err);
  ingest_address_ = "127.0.0.1:0";
  gateway_address_ = "127.0.0.1:0";
  RestartIngest();
  RestartGateway();
  workers_.resize(static_cast<std::size_t>(options_.workers));
  for (std::size_t i = 0; i < workers_.size(); ++i) RestartWorker(i);
}

System::~System() {
  workers_.clear();
  gateway_.reset();
  ingest_.reset();
  jira_.reset();
  brevo_.reset();
  redis_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void System::WriteConfig(const std::string& sync_interval) {
  constexpr std::string_view kPlace = "$interval";
  std::string config = kConfig;
  config.replace(config.find(kPlace), kPlace.size(), sync_interval);
  std::ofstream(folder_ + "/jira.yaml") << config;
}

void System::RestartIngest() {
  ingest_ = std::make_unique<Child>(
      "ingest",
      std::vector<std::string>{Binary("tajo-webhook-ingest"), "--redis-url", redis_->Url(), "--keyring-file",
                               folder_ + "/keyring", "--listen", ingest_address_, "--metrics-listen", "127.0.0.1:0"},
      folder_ + "/ingest.log");
  ingest_->Start();
  ingest_address_ = ingest_->AwaitValue("listen");
  ingest_url_ = "http://" + ingest_address_;
}

void System::RestartGateway() {
  gateway_ = std::make_unique<Child>(
      "gateway",
      std::vector<std::string>{Binary("tajo-gateway"), "--redis-url", redis_->Url(), "--keyring-file",
                               folder_ + "/keyring", "--listen", gateway_address_, "--metrics-listen", "127.0.0.1:0",
                               "--insecure", "--allow-insecure-upstreams", "--jira-auth-url", jira_url_,
                               "--jira-api-url", jira_url_, "--brevo-api-url", brevo_url_ + "/v3"},
      folder_ + "/gateway.log");
  gateway_->Start();
  gateway_address_ = gateway_->AwaitValue("listen");
}

void System::RestartWorker(std::size_t index) {
  workers_[index] = std::make_unique<Child>("worker",
                                            std::vector<std::string>{Binary("tajo-sync-worker"),
                                                                     "--redis-url",
                                                                     redis_->Url(),
                                                                     "--keyring-file",
                                                                     folder_ + "/keyring",
                                                                     "--metrics-listen",
                                                                     "127.0.0.1:0",
                                                                     "--allow-insecure-upstreams",
                                                                     "--jira-auth-url",
                                                                     jira_url_,
                                                                     "--jira-api-url",
                                                                     jira_url_,
                                                                     "--brevo-api-url",
                                                                     brevo_url_ + "/v3",
                                                                     "--public-url",
                                                                     ingest_url_,
                                                                     "--lease-ttl",
                                                                     "3s",
                                                                     "--brevo-timeout",
                                                                     "1500ms",
                                                                     "--ambiguous-looks",
                                                                     "1s,2s,3s",
                                                                     "--account-report-scan",
                                                                     "2s",
                                                                     "--jira-probe",
                                                                     "2s"},
                                            fmt::format("{}/worker-{}.log", folder_, index));
  workers_[index]->Start();
  (void)workers_[index]->AwaitValue("metrics");
}

Finished System::Tajo(std::vector<std::string> args, std::vector<std::string> environment) {
  std::vector<std::string> command = {Binary("tajo")};
  command.insert(command.end(), args.begin(), args.end());
  environment.push_back("TAJO_GATEWAY=" + gateway_address_);
  environment.emplace_back("TAJO_INSECURE=true");
  return Run(command, environment);
}

std::string System::ConnectBasic(std::vector<std::string> more, const std::string& brevo_key) {
  std::vector<std::string> args = {
      "connectors",       "install",      "jira",     "--site-url",           jira_url_, "--api-token", "sim-token",
      "--webhook-secret", kWebhookSecret, "--config", folder_ + "/jira.yaml", "--json"};
  args.insert(args.end(), more.begin(), more.end());
  const Finished installed = Tajo(std::move(args), {"JIRA_EMAIL=ops@example.com", "BREVO_API_KEY=" + brevo_key});
  if (installed.exit_code != 0) throw std::runtime_error("install: " + installed.err + installed.out);
  const std::string id = Text(json::parse(installed.out), "connectionId");
  if (id.empty()) throw std::runtime_error("install printed no connectionId: " + installed.out);
  return id;
}

std::string System::ConnectOAuth() {
  const Finished installed = Tajo({"connectors", "install", "jira", "--client-id", "sim-client", "--client-secret",
                                   "sim-client-secret", "--cloud-id", "11223344-a1b2-4b33-8c44-1234567890ab",
                                   "--config", folder_ + "/jira.yaml", "--no-initial-sync", "--json"},
                                  {std::string("BREVO_API_KEY=") + kBrevoKey});
  if (installed.exit_code != 0) throw std::runtime_error("install: " + installed.err + installed.out);
  const json document = json::parse(installed.out);
  const std::string callback = RedirectOf(Text(document, "authorizationUrl"));
  const auto url = net::ParseUrl(callback);
  if (!url.ok()) throw std::runtime_error("no callback: " + callback);
  const std::string query = callback.substr(callback.find('?') + 1);
  const Finished authorized =
      Tajo({"connectors", "authorize", "jira", "--state", net::FindQueryParam(query, "state").value_or(""), "--code",
            net::FindQueryParam(query, "code").value_or("")});
  if (authorized.exit_code != 0) throw std::runtime_error("authorize: " + authorized.err + authorized.out);
  return Text(document, "connectionId");
}

std::string System::RedirectOf(const std::string& url) {
  net::HttpRequest request;
  request.url = url;
  auto response = testing::RunTask(loop_, http_->Send(std::move(request)), std::chrono::seconds(60));
  if (!response.ok()) throw std::runtime_error(url + ": " + response.status().ToString());
  const auto location = response->headers.Find("Location");
  if (!location) throw std::runtime_error(url + ": no redirect, " + response->body);
  return std::string(*location);
}

void System::RegisterAdminWebhook(const std::string& connection_id) {
  PostJira("/_control/webhooks/admin",
           {{"url", ingest_url_ + "/webhooks/jira/" + connection_id}, {"secret", kWebhookSecret}});
}

json System::Http(net::Method method, const std::string& url, const std::string& body) {
  net::HttpRequest request;
  request.method = method;
  request.url = url;
  request.body = body;
  if (!body.empty()) request.headers.Add("Content-Type", "application/json");
  auto response = testing::RunTask(loop_, http_->Send(std::move(request)), std::chrono::seconds(60));
  if (!response.ok()) throw std::runtime_error(url + ": " + response.status().ToString());
  if (response->status / 100 != 2) throw std::runtime_error(url + ": " + response->body);
  return response->body.empty() ? json() : json::parse(response->body);
}

json System::Jira(const std::string& path) {
  return Http(net::Method::kGet, jira_url_ + path, "");
}
json System::Brevo(const std::string& path) {
  return Http(net::Method::kGet, brevo_url_ + path, "");
}
json System::PostJira(const std::string& path, const json& body) {
  return Http(net::Method::kPost, jira_url_ + path, body.dump());
}
json System::PostBrevo(const std::string& path, const json& body) {
  return Http(net::Method::kPost, brevo_url_ + path, body.dump());
}

void System::Delete(const std::string& url) {
  (void)Http(net::Method::kDelete, url, "");
}

std::string System::ContactsDifference(const std::string& brevo_key) {
  std::map<std::string, json> contacts;
  // The control endpoint gives a variable, since a range-for over a temporary would dangle.
  const json brevo = Brevo("/_control/truth/contacts" + OfAccount(brevo_key));
  for (const auto& contact : brevo["contacts"]) contacts[Text(contact, "email")] = contact;
  const json jira = Jira("/_control/truth/customers");
  for (const auto& customer : jira["customers"]) {
    const std::string email = Text(customer, "email");
    const auto found = contacts.find(email);
    if (found == contacts.end()) return email + " is not in Brevo";
    const json& attributes = found->second["attributes"];
    const json& last = customer["last"];
    const std::string resolution = Text(last, "resolution");
    const std::vector<std::pair<const char*, std::string>> wanted = {{"LAST_TICKET_KEY", Text(last, "key")},
                                                                     {"LAST_TICKET_STATUS", Text(last, "status")},
                                                                     {"LAST_TICKET_PRIORITY", Text(last, "priority")},
                                                                     {"LAST_TICKET_RESOLUTION", resolution},
                                                                     {"JIRA_ACCOUNT_ID", Text(customer, "account_id")},
                                                                     {"FIRSTNAME", Text(customer, "display_name")}};
    for (const auto& [name, value] : wanted) {
      if (Text(attributes, name) != value) {
        return fmt::format("{}: {} is '{}', should be '{}'", email, name, Text(attributes, name), value);
      }
    }
    const int64_t list = Text(last, "project") == "SUPPORT" ? 22 : 23;
    const auto lists = found->second.value("listIds", std::vector<int64_t>());
    if (std::find(lists.begin(), lists.end(), list) == lists.end())
      return fmt::format("{} is not in list {}", email, list);
    contacts.erase(found);
  }
  for (const auto& [email, contact] : contacts) {
    // Had tickets once: nothing of the last one may remain.
    if (!Text(contact["attributes"], "LAST_TICKET_KEY").empty()) return email + " still shows a ticket";
  }
  return "";
}

std::string System::EventsDifference(const std::string& brevo_key) {
  std::map<Fact, int> balance;
  const json truth = Jira("/_control/truth/events?since=0");
  for (const auto& change : truth["events"]) {
    for (auto& fact : Expected(change)) ++balance[fact];
  }
  const json sent = Brevo("/_control/truth/events" + OfAccount(brevo_key));
  for (const auto& event : sent["events"]) {
    if (Text(event, "event_name") == "jira_sprint_started") continue;
    --balance[Seen(event)];
  }
  for (const auto& [fact, count] : balance) {
    if (count == 0) continue;
    const auto& [name, email, thing, detail] = fact;
    return fmt::format("{} of {} for {} ({}): {} {}", name, thing, email, detail, std::abs(count),
                       count > 0 ? "missing" : "too many");
  }
  return "";
}

std::string System::Violations() {
  std::string all;
  for (const json& report : {Jira("/_control/violations"), Brevo("/_control/violations")}) {
    if (report.value("total", 0) != 0) all += report.dump();
  }
  return all;
}

}  // namespace tajo::e2e
