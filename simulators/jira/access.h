#pragma once

#include <optional>

#include "simulators/jira/call.h"
#include "simulators/jira/router.h"

namespace tajo::jira_sim {

// Finds out who calls and whether they may: fills in `call.principal`, or gives the answer that
// refuses them.
std::optional<Answer> CheckAccess(Site& site, Call& call, const RouteTraits& traits);

}  // namespace tajo::jira_sim
