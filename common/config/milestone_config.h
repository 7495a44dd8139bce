#pragma once

#include "common/config/section.h"

namespace tajo::jira::v1 {
class MilestoneSettings;
}

namespace tajo::config {

// Reads `connectors.jira.milestones`; what is wrong goes into `problems`.
void ReadMilestones(Section section, jira::v1::MilestoneSettings& milestones, Problems& problems);

}  // namespace tajo::config
