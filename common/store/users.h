#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/task.h"
#include "common/redis/client.h"
#include "tajo/jira/v1/event.pb.h"

namespace tajo::store {

// What a connection's cache knows of these accounts; nothing that was put more than 7 days ago.
base::Task<absl::StatusOr<std::map<std::string, jira::v1::User>>> ReadUsers(redis::Client& redis,
                                                                            std::string connection_id,
                                                                            std::vector<std::string> account_ids,
                                                                            int64_t now_ms);

}  // namespace tajo::store
