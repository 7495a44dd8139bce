#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/base/secret.h"
#include "common/base/task.h"
#include "common/crypto/sealing.h"
#include "common/redis/client.h"
#include "tajo/jira/v1/connection.pb.h"

namespace tajo::store {

// A tenant's link of one Jira site to one Brevo account, as it is stored.
struct ConnectionRecord {
  std::string connection_id;  // "c_" + 20 hex
  std::string tenant_id;
  jira::v1::ConnectionConfig config;
  jira::v1::ConnectionState state = jira::v1::CONNECTION_STATE_UNSPECIFIED;
  std::string reason;
  int64_t generation = 0;  // grows at every change of config, credentials or state
  int64_t created_ms = 0;
  std::string site_host;          // "your-domain.atlassian.net"
  std::string brevo_account;      // company name, to show
  std::string brevo_account_key;  // stable id of the account (hash of its e-mail): quota and exclusivity
  std::string account_id;         // of the Jira user we act as (echo suppression)
  std::string time_zone;
  std::vector<int64_t> webhook_ids;  // registered dynamic webhooks
  int64_t webhook_expires_ms = 0;
  int64_t brevo_webhook_id = 0;         // at Brevo; 0: none is registered
  int64_t brevo_webhook_looked_ms = 0;  // when it was last seen to be as it should
  int64_t brevo_token_ms = 0;           // since when Brevo has the token that it has
};

// Connections, and the indexes that find them: by tenant, by site host, by Brevo account.
class Connections {
 public:
  Connections(redis::Client& redis, const base::Clock& clock, base::Random& random, const crypto::Keyring& keyring);

  // An empty connection_id is made up. Refuses a second connection to a Brevo account whose attribute names overlap
  // (BREVO_ACCOUNT_IN_USE) and the same tenant + site + account twice (CONNECTION_EXISTS). Everything or nothing is
  // stored.
  base::Task<absl::StatusOr<ConnectionRecord>> Create(ConnectionRecord record, jira::v1::Credentials credentials);
  // CONNECTION_NOT_FOUND where there is none; Many leaves those out.
  base::Task<absl::StatusOr<ConnectionRecord>> Get(std::string connection_id);
  base::Task<absl::StatusOr<std::vector<ConnectionRecord>>> Many(std::vector<std::string> connection_ids);
  base::Task<absl::StatusOr<jira::v1::Credentials>> GetCredentials(std::string connection_id);
  base::Task<absl::StatusOr<std::vector<std::string>>> OfTenant(std::string tenant_id);
  base::Task<absl::StatusOr<std::vector<std::string>>> OfSite(std::string site_host);
  // Compare-and-set on record.generation (CONNECTION_CHANGED: read it again); answers the record with
  // its new generation. Webhooks stay, and so do credentials unless new ones are stored with it; the indexes follow,
  // checked as in Create.
  base::Task<absl::StatusOr<ConnectionRecord>> Update(ConnectionRecord record,
                                                      std::optional<jira::v1::Credentials> credentials = std::nullopt);
  // With a generation, a compare-and-set on it: CONNECTION_CHANGED.
  base::Task<absl::Status> UpdateCredentials(std::string connection_id, jira::v1::Credentials credentials,
                                             std::optional<int64_t> generation = std::nullopt);
  // With the active key, where an older one still seals them; true if one did.
  base::Task<absl::StatusOr<bool>> ResealCredentials(std::string connection_id);
  // With a generation, a compare-and-set as well.
  base::Task<absl::Status> SetState(std::string connection_id, jira::v1::ConnectionState state, std::string reason,
                                    std::optional<int64_t> generation = std::nullopt);
  base::Task<absl::Status> SetWebhooks(std::string connection_id, std::vector<int64_t> ids, int64_t expires_ms);
  base::Task<absl::Status> SetBrevoWebhook(std::string connection_id, int64_t id, int64_t looked_ms, int64_t token_ms);
  // Every key of the connection (by SCAN of its hash tag) and its places in the indexes. Takes the
  // lease away from its owner first, for a minute. What a crash left is removed by a second call.
  base::Task<absl::Status> Delete(std::string connection_id);

 private:
  base::Task<absl::Status> Claim(const ConnectionRecord& record, std::string attributes);
  base::Task<absl::Status> AddToIndexes(std::string connection_id, std::string tenant_id, std::string site_host);
  base::Task<absl::StatusOr<std::vector<std::string>>> Existing(std::string index_key);
  base::Task<absl::StatusOr<int64_t>> Put(std::string connection_id, std::string how, redis::Args fields);

  redis::Client& redis_;
  const base::Clock& clock_;
  base::Random& random_;
  const crypto::Keyring& keyring_;
};

}  // namespace tajo::store
