#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tests/e2e/cli/fake_gateway.h"
#include "tests/e2e/cli/program.h"

namespace tajo::testing {

// The program against that gateway.
inline Result Tajo(FakeGateway& gateway, std::vector<std::string> arguments, const Variables& variables = {}) {
  arguments.insert(arguments.end(), {"--insecure", "--gateway", gateway.Address()});
  return RunProgram(arguments, variables);
}

}  // namespace tajo::testing
