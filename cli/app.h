#pragma once

#include "cli/terminal.h"

namespace tajo::cli {

// The program: reads its arguments, runs the command, returns the exit code.
int RunTajo(int argc, const char* const* argv, Terminal& terminal, const char* version);

}  // namespace tajo::cli
