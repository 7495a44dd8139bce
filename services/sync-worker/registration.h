#pragma once

#include <string>

#include "common/jira/client.h"
#include "common/store/connections.h"

namespace tajo::worker {

// Keeps a connection's dynamic webhooks alive at Jira: registers them where there are none, and
// refreshes them at half of their 30 days. Updates `record` and what is stored of it.
base::Task<absl::Status> KeepRegistered(jira::Client& jira, store::Connections& connections, std::string public_url,
                                        int64_t now_ms, store::ConnectionRecord* record);

}  // namespace tajo::worker
