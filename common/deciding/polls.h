#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tajo/jira/v1/event.pb.h"

namespace tajo::deciding {

// What a poll remembers: a version or sprint by its id, a project ("p:KEY") or board ("b:7") that was
// looked at before.
using Seen = std::map<std::string, std::string>;

// What a look at Jira tells against what was seen.
struct Findings {
  std::vector<jira::v1::Event> events;  // as their webhooks would have been
  Seen seen;                            // to remember from now on
  std::vector<std::string> gone;        // to forget
};

// `released`: all released versions of the project. New ones are releases, but not at the first look at a
// project: nobody can tell when those became released. A version that was taken back and released again is
// one if its date is another; a corrected date of a released version is none.
Findings CompareVersions(const Seen& seen, const std::string& project_key,
                         const std::vector<jira::v1::Version>& released, int64_t now_ms);
// What is remembered of projects that aren't among these: when one comes back, its look is the first.
std::vector<std::string> ForgottenVersions(const Seen& seen, const std::vector<std::string>& project_keys);

// `sprints`: of a board, active ones and perhaps closed ones. A sprint is news if it was in another state when
// last seen. One that wasn't seen before is news if it ended since `since_ms`, the last look at all of them; or if
// it is active, and began since then or its board had been looked at.
Findings CompareSprints(const Seen& seen, int64_t board_id, const std::vector<jira::v1::Sprint>& sprints,
                        int64_t since_ms, int64_t now_ms);
// Sprints remembered as active that aren't among these: closed, or gone.
std::vector<int64_t> EndedSprints(const Seen& seen, const std::vector<jira::v1::Sprint>& active);

// Worklogs as an event each: those created, not only changed, since the look began. Their customers are to
// be found like those of a webhook's.
std::vector<jira::v1::Event> NewWorklogs(const std::vector<jira::v1::Worklog>& worklogs, int64_t since_ms,
                                         int64_t now_ms);

// Polls are seldom while webhooks come: eight times the interval. `cost`: Jira's points that the last look took;
// looks of one kind don't take more than a tenth of an app's hour.
int64_t NextLook(int64_t last_ms, int64_t interval_ms, int64_t last_webhook_ms, int64_t cost, int64_t now_ms);

}  // namespace tajo::deciding
