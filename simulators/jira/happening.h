#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "simulators/jira/model.h"

namespace tajo::jira_sim {

// One change of the site, as told to whoever listens: webhooks and the record of truth.
struct Happening {
  enum class Kind : uint8_t {
    kIssueCreated,
    kIssueUpdated,
    kIssueDeleted,
    kCommentCreated,
    kCommentUpdated,
    kCommentDeleted,
    kWorklogCreated,
    kPropertySet,
    kPropertyDeleted,
    kVersionReleased,
    kSprintStarted,
    kSprintClosed,
  };
  Kind kind = Kind::kIssueUpdated;
  Millis time = 0;
  UserIndex actor = kAbsent;
  IssueIndex issue = kAbsent;
  IssueRow row;                // the issue after the change; before it when it was deleted
  std::string_view type_name;  // Jira's issue_event_type_name
  std::optional<History> history;
  std::optional<Comment> comment;
  std::optional<Worklog> worklog;
  std::string_view property;
  uint32_t version = kAbsent;
  uint32_t sprint = kAbsent;
  bool secondary = false;  // a consequence of another change: sent with less haste
};

class Listener {
 public:
  virtual ~Listener() = default;
  virtual void On(const Happening& happening) = 0;
};

}  // namespace tajo::jira_sim
