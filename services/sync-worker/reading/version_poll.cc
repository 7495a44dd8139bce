#include "services/sync-worker/reading/version_poll.h"

#include <utility>

#include "common/base/error.h"
#include "common/deciding/polls.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::worker {

base::Task<absl::StatusOr<std::vector<std::string>>> VersionPoll::ProjectKeys() {
  std::vector<std::string> keys;
  for (const auto& project : rules_.Config().projects()) keys.push_back(project.key());
  if (!keys.empty()) co_return keys;
  TAJO_CO_ASSIGN_OR_RETURN(const std::vector<jira::ProjectInfo> projects,
                           co_await jira_.Projects(std::vector<std::string>()));
  for (const auto& project : projects) {
    if (!project.archived) keys.push_back(project.key);
  }
  co_return keys;
}

base::Task<absl::StatusOr<Look>> VersionPoll::Run() {
  Look look;
  TAJO_CO_ASSIGN_OR_RETURN(const std::vector<std::string> keys, co_await ProjectKeys());
  std::string hash = store::kSeenVersions;
  TAJO_CO_ASSIGN_OR_RETURN(const deciding::Seen seen, co_await polls_.Seen(std::move(hash)));
  std::string status = "released";
  for (const std::string& key : keys) {
    auto released = co_await jira_.ProjectVersions(key, status);
    ++look.cost;
    // A project that isn't visible now keeps what is known of it.
    if (base::ReasonOf(released.status()) == jira::v1::JIRA_NOT_FOUND) continue;
    if (!released.ok()) co_return released.status();
    look.cost += static_cast<int64_t>(released->size());
    deciding::Findings findings = deciding::CompareVersions(seen, key, *released, base::ToMillis(clock_.Now()));
    if (findings.events.empty() && findings.seen.empty()) continue;
    look.found += static_cast<int64_t>(findings.events.size());
    store::Polled polled;
    polled.hash = store::kSeenVersions;
    polled.events = std::move(findings.events);
    polled.seen = std::move(findings.seen);
    TAJO_CO_RETURN_IF_ERROR(co_await polls_.Put(std::move(polled)));
  }
  store::Polled ended;
  ended.hash = store::kSeenVersions;
  ended.gone = deciding::ForgottenVersions(seen, keys);
  ended.cursors[store::kCursorVersions] = std::to_string(base::ToMillis(clock_.Now()));
  TAJO_CO_RETURN_IF_ERROR(co_await polls_.Put(std::move(ended)));
  co_return look;
}

}  // namespace tajo::worker
