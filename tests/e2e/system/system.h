#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "common/net/http_client.h"
#include "common/net/loop.h"
#include "tests/e2e/system/child.h"
#include "tests/support/redis_server.h"

namespace tajo::e2e {

inline constexpr char kBrevoKey[] = "xkeysib-e2e";

struct SystemOptions {
  int issues = 300;
  int customers = 60;
  int workers = 1;
  bool limits = false;  // the simulators' rate limits
  std::string sync_interval = "1h";
  // Of all but the simulators. They judge by when they get to a call: on a busy machine they have to come first.
  int niceness = 0;
  std::string import_delay = "200ms";
};

// The whole product on this machine: a durable Redis, both simulators, the three services and the CLI,
// as their real binaries, on free ports. A test drives it as its users do.
class System {
 public:
  explicit System(SystemOptions options = {});
  ~System();

  // `tajo ARGS...` against this gateway.
  Finished Tajo(std::vector<std::string> args, std::vector<std::string> environment = {});
  // Connects a tenant by API token with the product page's YAML; its connection id. `brevo_key` names its
  // account in the Brevo simulator.
  std::string ConnectBasic(std::vector<std::string> more = {}, const std::string& brevo_key = kBrevoKey);
  // The admin webhook of that connection, as the Jira administrator would set it up.
  void RegisterAdminWebhook(const std::string& connection_id);

  // Connects by OAuth as its users do: install, consent in the browser, authorize. Its connection id.
  std::string ConnectOAuth();

  nlohmann::json Jira(const std::string& path);  // GET of the simulator's control endpoint
  nlohmann::json Brevo(const std::string& path);
  nlohmann::json PostJira(const std::string& path, const nlohmann::json& body);
  nlohmann::json PostBrevo(const std::string& path, const nlohmann::json& body);
  void Delete(const std::string& url);

  // Every customer's contact in that Brevo account (empty: all accounts) shows their last ticket as Jira has
  // it now; else what differs first.
  std::string ContactsDifference(const std::string& brevo_key = "");
  // Every change made through the simulator's control is on its customer's timeline exactly once, and
  // nothing else is; else what differs first.
  std::string EventsDifference(const std::string& brevo_key = "");
  std::string Violations();  // of both simulators; empty: none

  Child& Gateway() { return *gateway_; }
  Child& Ingest() { return *ingest_; }
  Child& Worker(std::size_t index = 0) { return *workers_[index]; }
  testing::RedisServer& Redis() { return *redis_; }
  // Starts it again on the ports it had.
  void RestartIngest();
  void RestartGateway();
  void RestartWorker(std::size_t index = 0);
  const std::string& Folder() const { return folder_; }
  const std::string& JiraUrl() const { return jira_url_; }
  const std::string& IngestUrl() const { return ingest_url_; }
  const std::string& BrevoUrl() const { return brevo_url_; }

 private:
  nlohmann::json Http(net::Method method, const std::string& url, const std::string& body);
  // Where the answer to a GET sends the browser.
  std::string RedirectOf(const std::string& url);
  std::vector<std::string> ServiceFlags(const std::string& metrics) const;
  void WriteConfig(const std::string& sync_interval);

  SystemOptions options_;
  std::string folder_;
  std::string jira_url_;
  std::string brevo_url_;
  std::string gateway_address_;
  std::string ingest_address_;
  std::string ingest_url_;
  net::Loop loop_;
  std::unique_ptr<net::HttpClient> http_;
  std::unique_ptr<testing::RedisServer> redis_;
  std::unique_ptr<Child> jira_;
  std::unique_ptr<Child> brevo_;
  std::unique_ptr<Child> gateway_;
  std::unique_ptr<Child> ingest_;
  std::vector<std::unique_ptr<Child>> workers_;
};

}  // namespace tajo::e2e
