#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulators/jira/happening.h"
#include "simulators/jira/index_lag.h"
#include "simulators/jira/world.h"

namespace tajo::jira_sim {

struct NewIssue {
  uint8_t project = 0;
  uint8_t type = 0;
  std::string summary;
  std::optional<std::string> description;
  std::optional<UserIndex> reporter;  // the actor otherwise
  std::optional<UserIndex> assignee;
  std::optional<uint8_t> priority;
  std::map<std::string, std::string> properties;  // key -> JSON
};

// Alters the world the way Jira does: each change moves `updated`, leaves a history where Jira
// leaves one, and is told to the listeners.
class Changes {
 public:
  Changes(World& world, IndexLag& lag, std::function<Millis()> now) : world_(world), lag_(lag), now_(std::move(now)) {}

  void Listen(Listener& listener) { listeners_.push_back(&listener); }

  IssueIndex Create(const NewIssue& wish, UserIndex actor);
  // To Done-like statuses sets a resolution, out of them clears it. No change: no history.
  void Transition(IssueIndex issue, uint8_t status, uint8_t resolution, UserIndex actor);
  void Assign(IssueIndex issue, UserIndex assignee, UserIndex actor);  // kAbsent: nobody
  void SetReporter(IssueIndex issue, UserIndex reporter, UserIndex actor);
  void SetPriority(IssueIndex issue, uint8_t priority, UserIndex actor);
  void SetSummary(IssueIndex issue, const std::string& summary, UserIndex actor);
  void SetVersion(IssueIndex issue, uint32_t version, UserIndex actor);
  void SetSprint(IssueIndex issue, uint32_t sprint, UserIndex actor);
  Comment AddComment(IssueIndex issue, UserIndex author, Audience audience, std::string text);
  bool EditComment(IssueIndex issue, int64_t comment, std::string text);
  bool RemoveComment(IssueIndex issue, int64_t comment, UserIndex actor);
  Worklog LogWork(IssueIndex issue, int32_t seconds, UserIndex actor);
  void Delete(IssueIndex issue, UserIndex actor);
  void Move(IssueIndex issue, uint8_t project, UserIndex actor);
  bool SetProperty(IssueIndex issue, const std::string& key, const std::string& json);  // was it there?
  bool RemoveProperty(IssueIndex issue, const std::string& key);
  void ReleaseVersion(uint32_t version);
  void StartSprint(uint32_t sprint);
  void CloseSprint(uint32_t sprint);

  int64_t Count() const { return count_; }

 private:
  // Before any change of the row: remembers it for the index, then moves `updated` on.
  IssueRow& Touch(IssueIndex issue);
  History Record(IssueIndex issue, UserIndex actor, std::vector<HistoryItem> items);
  void TellUpdate(IssueIndex issue, UserIndex actor, std::string_view type_name, std::optional<History> history,
                  std::optional<Comment> comment = std::nullopt);
  void Tell(const Happening& happening);
  HistoryItem UserItem(std::string_view field, UserIndex from, UserIndex to) const;

  World& world_;
  IndexLag& lag_;
  std::function<Millis()> now_;
  std::vector<Listener*> listeners_;
  int64_t count_ = 0;
};

}  // namespace tajo::jira_sim
