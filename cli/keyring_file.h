#pragma once

#include <string>

#include "absl/status/status.h"

namespace tajo::cli {

// Writes a new keyring that only its owner may read. Never over something that is there: losing the
// keys of sealed credentials loses the credentials.
absl::Status WriteNewKeyring(const std::string& path);

}  // namespace tajo::cli
