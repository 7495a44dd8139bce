#pragma once

#include <map>
#include <memory>
#include <string>

#include "common/access/brevo_quota.h"
#include "common/access/jira_quota.h"
#include "common/access/quota_observer.h"
#include "common/base/clock.h"
#include "common/redis/client.h"
#include "tajo/jira/v1/connection.pb.h"

namespace tajo::access {

struct QuotaOptions {
  // What Jira grants an OAuth app an hour, until its headers say otherwise.
  double jira_points_per_hour = 65'000;
};

// The vendors' limits as one loop shares them with all others, through Redis. Hands out one governor for
// each access; those to one account, site or app draw on the same quota. Used from one loop; outlives what
// it hands out.
class Quotas {
 public:
  // `observer` may be null.
  Quotas(redis::Client& redis, base::Clock& clock, QuotaOptions options, QuotaObserver* observer);

  std::unique_ptr<JiraGovernor> ForJira(const std::string& connection_id, const jira::v1::ConnectionConfig& config,
                                        const jira::v1::Credentials& credentials);
  // For calls about an app that are made to no site and pay no points.
  std::unique_ptr<JiraGovernor> ForAtlassian(const std::string& connection_id);
  // `account`: BrevoAccountKey.
  std::unique_ptr<BrevoGovernor> ForBrevo(const std::string& account);
  std::shared_ptr<BrevoQuota> BrevoAccount(const std::string& account);

 private:
  std::shared_ptr<JiraBursts> Bursts(const std::string& site);
  std::shared_ptr<store::SharedPoints> Points(const std::string& app);

  redis::Client& redis_;
  base::Clock& clock_;
  QuotaOptions options_;
  QuotaObserver* observer_;
  std::map<std::string, std::weak_ptr<JiraBursts>> bursts_;
  std::map<std::string, std::weak_ptr<store::SharedPoints>> points_;
  std::map<std::string, std::weak_ptr<BrevoQuota>> accounts_;
};

// Under what an account's limits are kept: a hash of its organization, or of the key where Brevo names none.
std::string BrevoAccountKey(const std::string& organization_id, const std::string& api_key);

}  // namespace tajo::access
