#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/base/task.h"
#include "common/redis/client.h"

namespace tajo::store {

// Brevo takes one import of an account at a time: the account's connections take turns, by the key
// "tajo:{brevo:<account>}:import". A connection's next owner has the turn that its former one had.
class ImportTurn {
 public:
  // `account`: ConnectionRecord::brevo_account_key.
  ImportTurn(redis::Client& redis, const std::string& account, std::string connection_id);

  // Whether it is ours, for ten minutes from now; asked again it is ours for longer.
  base::Task<absl::StatusOr<bool>> Take();
  // Somebody else's stays.
  base::Task<absl::Status> GiveBack();

 private:
  redis::Client& redis_;
  std::string key_;
  std::string connection_id_;
};

}  // namespace tajo::store
