#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/base/task.h"
#include "common/crypto/sealing.h"
#include "common/jira/auth.h"
#include "common/jira/oauth.h"
#include "common/redis/client.h"
#include "tajo/jira/v1/connection.pb.h"

namespace tajo::store {

// OAuth apps and grants, sealed: `tajo:{app:<id>}:app`, `tajo:{grant:<id>}:grant` (+ its generation in
// clear, for the compare-and-set) and `...:lock`. States of pending consents live ten minutes.
class Grants {
 public:
  Grants(redis::Client& redis, base::Random& random, const crypto::Keyring& keyring);

  // The app and the grant with the active key, where an older one still seals them.
  base::Task<absl::Status> Reseal(std::string app_id, std::string grant_id);

  // The app's id follows from the client id; a new secret is put first, the former stays valid second.
  base::Task<absl::StatusOr<std::string>> PutApp(jira::v1::App app);
  base::Task<absl::StatusOr<jira::v1::App>> GetApp(std::string app_id);
  base::Task<absl::StatusOr<std::string>> CreateGrant(jira::v1::Grant grant);  // its id
  base::Task<absl::StatusOr<jira::v1::Grant>> GetGrant(std::string grant_id);
  // Stores `next` only if the stored generation is next.generation - 1.
  base::Task<absl::StatusOr<bool>> ReplaceGrant(std::string grant_id, jira::v1::Grant next);
  base::Task<absl::Status> DeleteGrant(std::string grant_id);
  base::Task<absl::StatusOr<std::optional<std::string>>> Lock(std::string grant_id, std::chrono::milliseconds ttl);
  base::Task<absl::Status> Unlock(std::string grant_id, std::string token);

  base::Task<absl::StatusOr<std::string>> PutState(std::string connection_id);  // the random state
  // The connection it was made for, once: OAUTH_STATE_INVALID if unknown, used or too old.
  base::Task<absl::StatusOr<std::string>> TakeState(std::string state);

 private:
  redis::Client& redis_;
  base::Random& random_;
  const crypto::Keyring& keyring_;
};

// A grant's access token, refreshed by whoever needs it: under the grant's lock, re-reading after the
// lock, the new refresh token stored before the access token is used (decision 14).
std::unique_ptr<jira::TokenSource> MakeTokenSource(Grants& grants, jira::OAuthClient& oauth, base::Clock& clock,
                                                   std::string grant_id);

}  // namespace tajo::store
