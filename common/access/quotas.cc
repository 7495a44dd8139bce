#include "common/access/quotas.h"

#include <utility>

#include "common/crypto/digest.h"
#include "common/net/url.h"

namespace tajo::access {
namespace {

constexpr char kAtlassian[] = "api.atlassian.com";

// The one that is alive, or a new one. What nobody uses any more is forgotten on the way.
template <class T, class Make>
std::shared_ptr<T> Shared(std::map<std::string, std::weak_ptr<T>>& all, const std::string& name, const Make& make) {
  if (auto alive = all[name].lock()) return alive;
  std::erase_if(all, [](const auto& one) { return one.second.expired(); });
  std::shared_ptr<T> made = make();
  all[name] = made;
  return made;
}

// The site as it is named everywhere: its URL's host; before an OAuth consent its cloud id.
std::string SiteOf(const jira::v1::ConnectionConfig& config, const jira::v1::Credentials& credentials) {
  std::string host = config.site_url();
  if (const auto scheme = host.find("://"); scheme != std::string::npos) host = host.substr(scheme + 3);
  host = host.substr(0, host.find('/'));
  return host.empty() ? credentials.cloud_id() : host;
}

}  // namespace

Quotas::Quotas(redis::Client& redis, base::Clock& clock, QuotaOptions options, QuotaObserver* observer)
    : redis_(redis), clock_(clock), options_(options), observer_(observer) {}

std::unique_ptr<JiraGovernor> Quotas::ForJira(const std::string& connection_id,
                                              const jira::v1::ConnectionConfig& config,
                                              const jira::v1::Credentials& credentials) {
  JiraGovernor::Parts parts{clock_,        nullptr,  nullptr, credentials.app_id(), SiteOf(config, credentials),
                            connection_id, observer_};
  parts.bursts = Bursts(parts.site);
  // An API token belongs to no app and has no points to pay; a consent that is being verified has.
  if (!parts.app.empty()) parts.points = Points(parts.app);
  return std::make_unique<JiraGovernor>(std::move(parts));
}

std::unique_ptr<JiraGovernor> Quotas::ForAtlassian(const std::string& connection_id) {
  JiraGovernor::Parts parts{clock_, Bursts(kAtlassian), nullptr, {}, kAtlassian, connection_id, observer_};
  return std::make_unique<JiraGovernor>(std::move(parts));
}

std::unique_ptr<BrevoGovernor> Quotas::ForBrevo(const std::string& account) {
  return std::make_unique<BrevoGovernor>(clock_, BrevoAccount(account), observer_);
}

std::shared_ptr<BrevoQuota> Quotas::BrevoAccount(const std::string& account) {
  return Shared(accounts_, account, [&] { return std::make_shared<BrevoQuota>(redis_, clock_, account, observer_); });
}

std::shared_ptr<JiraBursts> Quotas::Bursts(const std::string& site) {
  return Shared(bursts_, site, [&] { return std::make_shared<JiraBursts>(redis_, clock_, site); });
}

std::shared_ptr<store::SharedPoints> Quotas::Points(const std::string& app) {
  store::SharedPoints::Options options;
  options.points = options_.jira_points_per_hour;
  return Shared(points_, app, [&] { return std::make_shared<store::SharedPoints>(redis_, clock_, app, options); });
}

std::string BrevoAccountKey(const std::string& organization_id, const std::string& api_key) {
  const std::string identity = organization_id.empty() ? "key:" + api_key : "organization:" + organization_id;
  return crypto::Hex(crypto::Sha256(identity)).substr(0, 32);
}

}  // namespace tajo::access
