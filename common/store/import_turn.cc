#include "common/store/import_turn.h"

#include <chrono>
#include <utility>

#include "common/store/locks.h"
#include "common/store/lua_scripts.h"

namespace tajo::store {
namespace {

constexpr std::chrono::milliseconds kFor = std::chrono::minutes(10);

const redis::Script& TakeTurnScript() {
  static const redis::Script script(lua::kTakeTurn);
  return script;
}

}  // namespace

ImportTurn::ImportTurn(redis::Client& redis, const std::string& account, std::string connection_id)
    : redis_(redis), key_("tajo:{brevo:" + account + "}:import"), connection_id_(std::move(connection_id)) {}

base::Task<absl::StatusOr<bool>> ImportTurn::Take() {
  redis::Args keys = {key_};
  redis::Args args = {connection_id_, std::to_string(kFor.count())};
  const absl::StatusOr<redis::Reply> reply = co_await redis_.Run(TakeTurnScript(), std::move(keys), std::move(args));
  if (!reply.ok()) co_return reply.status();
  co_return reply->Integer() == 1;
}

base::Task<absl::Status> ImportTurn::GiveBack() {
  return ReleaseLock(redis_, key_, connection_id_);
}

}  // namespace tajo::store
