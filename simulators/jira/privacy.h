#pragma once

#include <map>
#include <set>
#include <string>

#include "simulators/jira/model.h"

namespace tajo::jira_sim {

// What Atlassian knows of accounts for its personal data reporting: who closed theirs, who changed it,
// and when each was last reported.
struct Privacy {
  static constexpr char kTestActive[] = "5be24ad8b1653240376955d2";  // Atlassian's own test ids
  static constexpr char kTestClosed[] = "5be24ba3f91c106033269289";
  static constexpr int kCycleDays = 7;

  std::set<std::string> closed = {kTestClosed};
  std::map<std::string, Millis> changed;   // account → when
  std::map<std::string, Millis> reported;  // account → when last
  int calls = 0;
};

}  // namespace tajo::jira_sim
