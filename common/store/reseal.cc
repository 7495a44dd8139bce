#include "common/store/reseal.h"

#include <utility>

#include "common/base/error.h"
#include "common/store/lua_scripts.h"

namespace tajo::store {
namespace {

const redis::Script& ResealScript() {
  static const redis::Script script(lua::kReseal);
  return script;
}

}  // namespace

base::Task<absl::StatusOr<bool>> Reseal(redis::Client& redis, const crypto::Keyring& keyring, std::string key,
                                        std::string field) {
  redis::Args read = {"GET", key};
  if (!field.empty()) read = {"HGET", key, field};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply stored, co_await redis.Execute(std::move(read)));
  if (stored.IsNil() || !keyring.NeedsReseal(stored.String())) co_return false;
  TAJO_CO_ASSIGN_OR_RETURN(const base::Secret opened, keyring.Open(stored.String(), key));
  redis::Args args = {std::move(field), stored.String(), keyring.Seal(opened.Reveal(), key)};
  redis::Args keys = {std::move(key)};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply put,
                           co_await redis.Run(ResealScript(), std::move(keys), std::move(args)));
  co_return put.Integer() == 1;
}

}  // namespace tajo::store
