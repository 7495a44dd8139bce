#include "common/store/quarantine.h"

#include <utility>
#include <vector>

#include "common/store/keys.h"
#include "common/store/pipeline.h"

namespace tajo::store {
namespace {

constexpr int64_t kLifeMs = int64_t{7} * 86'400'000;
constexpr char kLifeSeconds[] = "604800";

}  // namespace

std::string QuarantineKey(const std::string& connection_id) {
  return Keys(connection_id).Quarantine();
}

base::Task<absl::Status> AddQuarantine(redis::Client& redis, const base::Clock& clock, std::string connection_id,
                                       std::string sealed_body, jira::v1::ErrorReason reason) {
  const std::string key = QuarantineKey(connection_id);
  const std::string oldest = std::to_string(base::ToMillis(clock.Now()) - kLifeMs);
  std::vector<redis::Args> commands;
  commands.push_back({"XADD", key, "MAXLEN", "~", "1000", "*", "b", std::move(sealed_body), "n",
                      std::to_string(static_cast<int>(reason))});
  commands.push_back({"XTRIM", key, "MINID", "~", oldest});
  commands.push_back({"EXPIRE", key, kLifeSeconds});
  const auto replies = co_await ExecuteAll(redis, std::move(commands));
  co_return replies.status();
}

}  // namespace tajo::store
