#include "common/store/grants.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "common/crypto/digest.h"
#include "common/store/locks.h"
#include "common/store/lua_scripts.h"
#include "common/store/reseal.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::store {
namespace {

constexpr char kStateLifeMs[] = "600000";
constexpr int kMaxSecrets = 2;
constexpr int kRounds = 8;

const redis::Script& PutAppScript() {
  static const redis::Script script(lua::kPutApp);
  return script;
}
const redis::Script& PutGrantScript() {
  static const redis::Script script(lua::kPutGrant);
  return script;
}

std::string AppKey(std::string_view id) {
  return fmt::format("tajo:{{app:{}}}:app", id);
}
std::string GrantKey(std::string_view id) {
  return fmt::format("tajo:{{grant:{}}}:grant", id);
}
std::string LockKey(std::string_view id) {
  return fmt::format("tajo:{{grant:{}}}:lock", id);
}
std::string StateKey(std::string_view state) {
  return fmt::format("tajo:{{oauth:{}}}:state", state);
}

template <class Message>
absl::StatusOr<Message> Unseal(const crypto::Keyring& keyring, const std::string& sealed, const std::string& key) {
  TAJO_ASSIGN_OR_RETURN(const base::Secret opened, keyring.Open(sealed, key));
  Message message;
  if (!message.ParseFromString(opened.Reveal())) {
    return base::Error(jira::v1::CREDENTIALS_UNREADABLE, "a stored OAuth record is damaged; connect again");
  }
  return message;
}

// The new secrets first, then the former ones, as many as may be valid at once.
void KeepFormerSecrets(const jira::v1::App& former, jira::v1::App& app) {
  for (const std::string& secret : former.client_secrets()) {
    if (app.client_secrets_size() >= kMaxSecrets) break;
    const auto& have = app.client_secrets();
    if (std::find(have.begin(), have.end(), secret) == have.end()) app.add_client_secrets(secret);
  }
  if (app.redirect_uri().empty()) app.set_redirect_uri(former.redirect_uri());
}

}  // namespace

Grants::Grants(redis::Client& redis, base::Random& random, const crypto::Keyring& keyring)
    : redis_(redis), random_(random), keyring_(keyring) {}

base::Task<absl::Status> Grants::Reseal(std::string app_id, std::string grant_id) {
  if (!app_id.empty()) {
    const auto app = co_await store::Reseal(redis_, keyring_, AppKey(app_id), "");
    if (!app.ok()) co_return app.status();
  }
  if (grant_id.empty()) co_return absl::OkStatus();
  const auto grant = co_await store::Reseal(redis_, keyring_, GrantKey(grant_id), "sealed");
  co_return grant.status();
}

base::Task<absl::StatusOr<std::string>> Grants::PutApp(jira::v1::App app) {
  const crypto::Digest digest = crypto::Sha256("app:" + app.client_id());
  const std::string id = "a_" + crypto::Hex(digest).substr(0, 20);
  const std::string key = AppKey(id);
  for (int round = 0; round < kRounds; ++round) {
    redis::Args read = {"GET", key};
    TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply stored, co_await redis_.Execute(std::move(read)));
    jira::v1::App merged = app;
    if (!stored.IsNil()) {
      TAJO_CO_ASSIGN_OR_RETURN(const jira::v1::App former, Unseal<jira::v1::App>(keyring_, stored.String(), key));
      KeepFormerSecrets(former, merged);
    }
    redis::Args keys = {key};
    redis::Args args = {keyring_.Seal(merged.SerializeAsString(), key), stored.String()};
    TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply put,
                             co_await redis_.Run(PutAppScript(), std::move(keys), std::move(args)));
    if (put.Integer() == 1) co_return id;
  }
  co_return base::Error(jira::v1::CONNECTION_CHANGED, "the app is being changed by others; try again");
}

base::Task<absl::StatusOr<jira::v1::App>> Grants::GetApp(std::string app_id) {
  const std::string key = AppKey(app_id);
  redis::Args read = {"GET", key};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply stored, co_await redis_.Execute(std::move(read)));
  if (stored.IsNil()) {
    co_return base::Error(jira::v1::OAUTH_CLIENT_INVALID, "the OAuth app isn't stored any more; connect again");
  }
  co_return Unseal<jira::v1::App>(keyring_, stored.String(), key);
}

base::Task<absl::StatusOr<std::string>> Grants::CreateGrant(jira::v1::Grant grant) {
  const std::string id = "g_" + random_.Hex(10);
  if (grant.generation() == 0) grant.set_generation(1);
  redis::Args keys = {GrantKey(id)};
  redis::Args args = {keyring_.Seal(grant.SerializeAsString(), GrantKey(id)), std::to_string(grant.generation()), ""};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply put,
                           co_await redis_.Run(PutGrantScript(), std::move(keys), std::move(args)));
  if (put.Integer() != 1) co_return base::Error(jira::v1::INTERNAL, "a grant of that id exists; try again");
  co_return id;
}

base::Task<absl::StatusOr<jira::v1::Grant>> Grants::GetGrant(std::string grant_id) {
  const std::string key = GrantKey(grant_id);
  redis::Args read = {"HGET", key, "sealed"};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply stored, co_await redis_.Execute(std::move(read)));
  if (stored.IsNil()) {
    co_return base::Error(jira::v1::OAUTH_REAUTHORIZATION_REQUIRED, "there is no consent any more; authorize again");
  }
  co_return Unseal<jira::v1::Grant>(keyring_, stored.String(), key);
}

base::Task<absl::StatusOr<bool>> Grants::ReplaceGrant(std::string grant_id, jira::v1::Grant next) {
  const std::string key = GrantKey(grant_id);
  redis::Args keys = {key};
  redis::Args args = {keyring_.Seal(next.SerializeAsString(), key), std::to_string(next.generation()),
                      std::to_string(next.generation() - 1)};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply put,
                           co_await redis_.Run(PutGrantScript(), std::move(keys), std::move(args)));
  co_return put.Integer() == 1;
}

base::Task<absl::Status> Grants::DeleteGrant(std::string grant_id) {
  redis::Args remove = {"UNLINK", GrantKey(grant_id), LockKey(grant_id)};
  const absl::StatusOr<redis::Reply> reply = co_await redis_.Execute(std::move(remove));
  co_return reply.status();
}

base::Task<absl::StatusOr<std::optional<std::string>>> Grants::Lock(std::string grant_id,
                                                                    std::chrono::milliseconds ttl) {
  return TakeLock(redis_, random_, LockKey(grant_id), ttl);
}

base::Task<absl::Status> Grants::Unlock(std::string grant_id, std::string token) {
  return ReleaseLock(redis_, LockKey(grant_id), std::move(token));
}

base::Task<absl::StatusOr<std::string>> Grants::PutState(std::string connection_id) {
  const std::string state = random_.Hex(24);
  redis::Args set = {"SET", StateKey(state), std::move(connection_id), "PX", kStateLifeMs};
  const absl::StatusOr<redis::Reply> reply = co_await redis_.Execute(std::move(set));
  if (!reply.ok()) co_return reply.status();
  co_return state;
}

base::Task<absl::StatusOr<std::string>> Grants::TakeState(std::string state) {
  redis::Args take = {"GETDEL", StateKey(state)};
  TAJO_CO_ASSIGN_OR_RETURN(redis::Reply reply, co_await redis_.Execute(std::move(take)));
  if (reply.IsNil()) {
    co_return base::Error(jira::v1::OAUTH_STATE_INVALID,
                          "this authorization is unknown, used or older than ten minutes; begin it again");
  }
  co_return reply.TakeString();
}

}  // namespace tajo::store
