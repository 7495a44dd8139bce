#include "common/store/refusal_note.h"

#include <utility>

#include "common/store/keys.h"
#include "common/store/lua_scripts.h"

namespace tajo::store {
namespace {

const redis::Script& NoteRefusalScript() {
  static const redis::Script script(lua::kNoteRefusal);
  return script;
}

}  // namespace

base::Task<absl::Status> NoteRefusal(redis::Client& redis, std::string connection_id, RefusalNote note) {
  const Keys keys(connection_id);
  redis::Args script_keys = {keys.Connection(), keys.Counters()};
  redis::Args args = {std::to_string(note.generation), std::to_string(note.at_ms), std::move(note.why)};
  const auto reply = co_await redis.Run(NoteRefusalScript(), std::move(script_keys), std::move(args));
  co_return reply.status();
}

}  // namespace tajo::store
