#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/base/secret.h"
#include "common/base/task.h"
#include "common/crypto/sealing.h"
#include "common/redis/client.h"
#include "common/store/connections.h"
#include "common/store/grants.h"
#include "services/webhook-ingest/known_connection.h"
#include "services/webhook-ingest/recent_cache.h"

namespace tajo::ingest {

// Whether what memory holds will do. Memory may be out of date: a refusal that it leads to is looked up
// in Redis again before it counts, and what it admits is compared with the connection's generation by
// the script that stores it. So connections need not expire; apps do, after five seconds. That
// something isn't there is never remembered.
enum class Look { kInMemory, kInRedis };

template <class T>
struct Found {
  std::shared_ptr<T> value;  // null: there is none
  bool from_redis = false;   // read just now
};

// Who deliveries may be for. Credentials are opened once and kept opened. Used from one loop; errors
// are REDIS_* and CREDENTIALS_UNREADABLE: nothing is known then.
class Directory {
 public:
  Directory(redis::Client& redis, const base::Clock& clock, base::Random& random, const crypto::Keyring& keyring);

  base::Task<absl::StatusOr<Found<KnownConnection>>> Find(std::string connection_id, Look look);
  // The connections of a site, by its host or its cloud id.
  base::Task<absl::StatusOr<Found<const std::vector<std::string>>>> OfSite(std::string site, Look look);
  // An app's client secrets, two while rotating; none for an app that isn't stored.
  base::Task<absl::StatusOr<Found<const std::vector<base::Secret>>>> AppSecrets(std::string app_id, Look look);

 private:
  struct App {
    std::shared_ptr<const std::vector<base::Secret>> secrets;
    base::MonotonicTime read_at;
  };

  redis::Client& redis_;
  const base::Clock& clock_;
  const crypto::Keyring& keyring_;
  store::Connections connections_;
  store::Grants grants_;
  RecentCache<KnownConnection> known_;
  RecentCache<const std::vector<std::string>> sites_;
  RecentCache<App> apps_;
  std::string decoy_credentials_;  // opened where there are none, for the time it takes
};

}  // namespace tajo::ingest
