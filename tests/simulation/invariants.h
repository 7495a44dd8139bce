#pragma once

#include <string>

#include "tests/simulation/story.h"
#include "tests/simulation/system.h"

namespace tajo::simulation {

// What must hold once the product has nothing left to do, each computed from the simulators' own
// records. Empty, or what is wrong first.
std::string ContactsDifference(System& system, const Story& story);
std::string EventsDifference(System& system, const Story& story);
std::string ViolationsFound(System& system, const Story& story);
std::string LettersDifference(System& system, const Story& story);

}  // namespace tajo::simulation
