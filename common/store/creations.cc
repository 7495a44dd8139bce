#include "common/store/creations.h"

#include <iterator>
#include <utility>

#include "common/base/error.h"
#include "common/store/keys.h"
#include "common/store/lua_scripts.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::store {
namespace {

constexpr char kCreationLifeSeconds[] = "172800";

const redis::Script& BeginCreationScript() {
  static const redis::Script script(lua::kBeginCreation);
  return script;
}
const redis::Script& MoveCreationScript() {
  static const redis::Script script(lua::kMoveCreation);
  return script;
}

std::string KeyOf(const CreationWish& wish) {
  return Keys(wish.connection_id).Of("creation:" + wish.name);
}

}  // namespace

base::Task<absl::StatusOr<BegunCreation>> Creations::Begin(CreationWish wish, std::chrono::milliseconds hold) {
  const int64_t now_ms = base::ToMillis(clock_.Now());
  redis::Args keys = {KeyOf(wish)};
  redis::Args args = {wish.fingerprint, wish.token, std::to_string(now_ms), std::to_string(now_ms + hold.count()),
                      kCreationLifeSeconds};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply,
                           co_await redis_.Run(BeginCreationScript(), std::move(keys), std::move(args)));
  const redis::Reply::Array& answer = reply.Elements();
  if (answer.empty()) co_return base::Error(jira::v1::INTERNAL, "the creation script gave no answer");
  BegunCreation begun;
  const std::string& turn = answer[0].String();
  if (turn == "wait") {
    begun.turn = BegunCreation::Turn::kWait;
  } else if (turn == "other") {
    begun.turn = BegunCreation::Turn::kOther;
  } else if (turn == "done" && answer.size() == 3) {
    begun.turn = BegunCreation::Turn::kDone;
    begun.issue_id = answer[1].Integer();
    begun.issue_key = answer[2].String();
  } else if (answer.size() == 2) {
    begun.sent_ms = answer[1].Integer();
  }
  co_return begun;
}

base::Task<absl::StatusOr<bool>> Creations::Move(CreationWish wish, redis::Args verb) {
  redis::Args keys = {KeyOf(wish)};
  redis::Args args = {wish.token};
  args.insert(args.end(), std::make_move_iterator(verb.begin()), std::make_move_iterator(verb.end()));
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply,
                           co_await redis_.Run(MoveCreationScript(), std::move(keys), std::move(args)));
  co_return reply.Integer() == 1;
}

base::Task<absl::StatusOr<bool>> Creations::Sending(CreationWish wish) {
  redis::Args verb = {"sent", std::to_string(base::ToMillis(clock_.Now()))};
  co_return co_await Move(std::move(wish), std::move(verb));
}

base::Task<absl::Status> Creations::Done(CreationWish wish, int64_t issue_id, std::string issue_key) {
  redis::Args verb = {"done", std::to_string(issue_id), std::move(issue_key)};
  const auto moved = co_await Move(std::move(wish), std::move(verb));
  co_return moved.status();
}

base::Task<absl::Status> Creations::Release(CreationWish wish) {
  redis::Args verb = {"release"};
  const auto moved = co_await Move(std::move(wish), std::move(verb));
  co_return moved.status();
}

base::Task<absl::Status> Creations::Forget(CreationWish wish) {
  redis::Args verb = {"forget"};
  const auto moved = co_await Move(std::move(wish), std::move(verb));
  co_return moved.status();
}

}  // namespace tajo::store
