#include "services/sync-worker/reading/sprint_poll.h"

#include <set>
#include <utility>

#include "common/base/error.h"
#include "common/store/reply_read.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::worker {
namespace {

constexpr int64_t kWholeEveryMs = 24ll * 3'600'000;

}  // namespace

base::Task<absl::StatusOr<std::vector<int64_t>>> SprintPoll::BoardIds(Look* look) {
  std::vector<std::string> keys;
  for (const auto& project : rules_.Config().projects()) keys.push_back(project.key());
  if (keys.empty()) keys.emplace_back();  // of all projects
  std::set<int64_t> ids;
  for (const std::string& key : keys) {
    auto boards = co_await jira_.Boards(key);
    ++look->cost;
    const base::Reason reason = base::ReasonOf(boards.status());
    // A project that isn't visible.
    if (reason == jira::v1::JIRA_REQUEST_INVALID || reason == jira::v1::JIRA_NOT_FOUND) continue;
    if (!boards.ok()) co_return boards.status();
    look->cost += static_cast<int64_t>(boards->size());
    for (const jira::Board& board : *boards) {
      if (board.type != "kanban") ids.insert(board.id);
    }
  }
  co_return std::vector<int64_t>(ids.begin(), ids.end());
}

base::Task<absl::StatusOr<Look>> SprintPoll::Run(std::map<std::string, std::string> cursors) {
  Look look;
  const int64_t now_ms = base::ToMillis(clock_.Now());
  const int64_t whole_ms = store::NumberOf(cursors, store::kCursorSprintsWhole);
  const bool whole = whole_ms + kWholeEveryMs <= now_ms;
  const int64_t since_ms = whole_ms != 0 ? whole_ms : rules_.Config().events_from_ms();
  TAJO_CO_ASSIGN_OR_RETURN(const std::vector<int64_t> boards, co_await BoardIds(&look));
  std::string hash = store::kSeenSprints;
  TAJO_CO_ASSIGN_OR_RETURN(deciding::Seen seen, co_await polls_.Seen(std::move(hash)));
  const std::string states = whole ? "active,closed" : "active";
  std::vector<jira::v1::Sprint> all;
  for (const int64_t board : boards) {
    auto sprints = co_await jira_.BoardSprints(board, states);
    ++look.cost;
    const base::Reason reason = base::ReasonOf(sprints.status());
    // A board without sprints, or one that was deleted meanwhile.
    if (reason == jira::v1::JIRA_REQUEST_INVALID || reason == jira::v1::JIRA_NOT_FOUND) continue;
    if (!sprints.ok()) co_return sprints.status();
    look.cost += static_cast<int64_t>(sprints->size());
    deciding::Findings findings = deciding::CompareSprints(seen, board, *sprints, since_ms, now_ms);
    TAJO_CO_RETURN_IF_ERROR(co_await Keep(std::move(findings), &seen, &look));
    all.insert(all.end(), sprints->begin(), sprints->end());
  }
  TAJO_CO_RETURN_IF_ERROR(co_await LookAtEnded(std::move(all), since_ms, &seen, &look));
  store::Polled ended;
  ended.hash = store::kSeenSprints;
  ended.cursors[store::kCursorSprints] = std::to_string(now_ms);
  if (whole) ended.cursors[store::kCursorSprintsWhole] = std::to_string(now_ms);
  TAJO_CO_RETURN_IF_ERROR(co_await polls_.Put(std::move(ended)));
  co_return look;
}

// Those that were active, and that no board shows as active now.
base::Task<absl::Status> SprintPoll::LookAtEnded(std::vector<jira::v1::Sprint> active, int64_t since_ms,
                                                 deciding::Seen* seen, Look* look) {
  const int64_t now_ms = base::ToMillis(clock_.Now());
  for (const int64_t id : deciding::EndedSprints(*seen, active)) {
    auto sprint = co_await jira_.GetSprint(id);
    look->cost += 2;
    deciding::Findings findings;
    if (base::ReasonOf(sprint.status()) == jira::v1::JIRA_NOT_FOUND) {
      findings.gone.push_back(std::to_string(id));
    } else if (!sprint.ok()) {
      co_return sprint.status();
    } else {
      const std::vector<jira::v1::Sprint> one(1, *sprint);
      findings = deciding::CompareSprints(*seen, sprint->board_id(), one, since_ms, now_ms);
    }
    TAJO_CO_RETURN_IF_ERROR(co_await Keep(std::move(findings), seen, look));
  }
  co_return absl::OkStatus();
}

base::Task<absl::Status> SprintPoll::Keep(deciding::Findings findings, deciding::Seen* seen, Look* look) {
  if (findings.seen.empty() && findings.gone.empty()) co_return absl::OkStatus();
  store::Polled polled;
  polled.hash = store::kSeenSprints;
  polled.events = findings.events;
  polled.seen = findings.seen;
  polled.gone = findings.gone;
  TAJO_CO_RETURN_IF_ERROR(co_await polls_.Put(std::move(polled)));
  look->found += static_cast<int64_t>(findings.events.size());
  for (auto& [field, state] : findings.seen) (*seen)[field] = std::move(state);
  for (const std::string& field : findings.gone) seen->erase(field);
  co_return absl::OkStatus();
}

}  // namespace tajo::worker
