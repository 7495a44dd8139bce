#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "absl/status/statusor.h"
#include "simulators/jira/changes.h"
#include "simulators/jira/world.h"

namespace tajo::jira_sim {

// Carries out one change that a test asks for:
//   {"op":"create","project":"SUPPORT","type":"Bug","summary":"…","reporter":"customer0001@example.com"}
//   {"op":"transition","issue":"SUPPORT-1","to":"Resolved","resolution":"Done"}
//   {"op":"comment","issue":"SUPPORT-1","text":"…","audience":"public|internal|restricted","author":"…"}
//   edit_comment, delete_comment {comment}, assign {assignee}, reporter {reporter}, priority {to},
//   summary {text}, worklog {seconds}, version {version}, sprint {sprint}, move {project}, delete,
//   release_version {version}, sprint_start {sprint}, sprint_close {sprint}
//   set_version {version,"released":false,"release_date":"2026-11-27"}: nobody is told, no webhook either
// People are given by account id or address. The answer says what exists now.
absl::StatusOr<std::string> MakeExactChange(World& world, Changes& changes, const nlohmann::json& order);

}  // namespace tajo::jira_sim
