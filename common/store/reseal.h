#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/base/task.h"
#include "common/crypto/sealing.h"
#include "common/redis/client.h"

namespace tajo::store {

// Seals what `key` holds (in that field of a hash, or "" for a string) with the active key, where it is sealed
// with an older one: so that an old key can go. True if it was. Nothing else of it changes.
base::Task<absl::StatusOr<bool>> Reseal(redis::Client& redis, const crypto::Keyring& keyring, std::string key,
                                        std::string field);

}  // namespace tajo::store
