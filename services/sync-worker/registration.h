#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/base/task.h"
#include "common/jira/client.h"
#include "common/redis/client.h"
#include "common/store/connections.h"
#include "services/sync-worker/instruments.h"

namespace tajo::worker {

enum class Registration {
  kNotDue,      // looked at not long ago
  kKept,        // Jira has it, and for long enough
  kRenewed,     // for another 30 days
  kRegistered,  // anew: of what changed before, webhooks told nothing
  kBusy,        // another connection of this app is at it on this site, or became so meanwhile: later
};

// Keeps a connection's dynamic webhook alive at Jira. Looks when it's made, once a day and at half of the
// webhook's 30 days: registers where Jira's list shows none for the connection's projects and our URL,
// takes on one that a crash left, renews, and removes what no connection of the site claims. All under
// a lock per site and app, since those share Jira's list.
class WebhookRegistrar {
 public:
  struct Parts {
    jira::Client& jira;
    redis::Client& redis;
    store::Connections& connections;
    const base::Clock& clock;
    base::Random& random;
    Instruments& instruments;
  };
  // `url` is where the app's webhooks go: "https://host/webhooks/jira".
  WebhookRegistrar(const Parts& parts, std::string app_id, std::string url);

  // Updates `record` and what is stored of it. JIRA_REQUEST_INVALID with Jira's words where it refuses.
  base::Task<absl::StatusOr<Registration>> Keep(store::ConnectionRecord* record);

 private:
  struct Lock {
    std::string key;
    std::string token;
  };

  base::Task<absl::StatusOr<Registration>> LookAndMend(const Lock& lock, store::ConnectionRecord* record);
  // `listed`: how many webhooks Jira has of us, `former` among them.
  base::Task<absl::StatusOr<Registration>> Register(std::string filter, std::vector<int64_t> former, std::size_t listed,
                                                    const Lock& lock, store::ConnectionRecord* record);
  // Makes it last its time again; false where it had run out: calls under it may have waited for Jira's limits.
  base::Task<absl::StatusOr<bool>> Prolong(const Lock& lock);
  // Where the lock is lost they stay: no connection claims them any more, and the next look removes them.
  base::Task<absl::Status> DeleteFormer(std::vector<int64_t> former, const Lock& lock);
  base::Task<absl::StatusOr<std::vector<int64_t>>> ClaimedByOthers(const store::ConnectionRecord& record);
  base::Task<absl::Status> Store(std::vector<int64_t> ids, int64_t expires_ms, store::ConnectionRecord* record);
  int64_t NowMs() const { return base::ToMillis(parts_.clock.Now()); }

  Parts parts_;
  std::string app_id_;
  std::string url_;
  std::optional<base::MonotonicTime> looked_;
  absl::Status refusal_;  // the last one, while it isn't worth asking again
  base::MonotonicTime refused_{};
};

}  // namespace tajo::worker
