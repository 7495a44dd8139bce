#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "common/base/task.h"
#include "common/redis/client.h"

namespace tajo::store {

// Why a webhook for a connection wasn't authentic: what ingest notes, and what the gateway tells.
inline constexpr char kRefusedNoSignature[] = "no_signature";  // no X-Hub-Signature
inline constexpr char kRefusedWrongMethod[] = "wrong_method";  // one of another method than sha256
inline constexpr char kRefusedSignature[] = "signature";       // not made with the connection's webhook secret

struct RefusalNote {
  int64_t generation = 0;  // of the connection, when it refused the webhook
  int64_t at_ms = 0;
  std::string why;  // one of the above
};

// Keeps it for GetStatus and TestConnection; the last one is all that is kept. Of a connection that is gone, or
// changed since (its secret, maybe), nothing is noted.
base::Task<absl::Status> NoteRefusal(redis::Client& redis, std::string connection_id, RefusalNote note);

}  // namespace tajo::store
