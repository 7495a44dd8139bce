#include "common/store/poll_store.h"

#include "common/store/lua_scripts.h"
#include "common/store/plan_writer.h"
#include "common/store/reply_read.h"
#include "common/store/scripts.h"

namespace tajo::store {
namespace {

const redis::Script& PutPolledScript() {
  static const redis::Script script = OwnerScript(lua::kPutPolled);
  return script;
}

void WriteFields(const std::map<std::string, std::string>& fields, PlanWriter& plan) {
  plan.Array(fields.size() * 2);
  for (const auto& [name, value] : fields) plan.Bytes(name).Bytes(value);
}

}  // namespace

base::Task<absl::StatusOr<std::map<std::string, std::string>>> PollStore::Seen(std::string hash) {
  redis::Args read = {"HGETALL", owner_.ConnectionKeys().Of(hash)};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply, co_await redis_.Execute(std::move(read)));
  co_return FieldsOf(reply);
}

base::Task<absl::Status> PollStore::Put(Polled polled) {
  PlanWriter plan;
  plan.Array(6).Array(polled.events.size());
  for (const jira::v1::Event& event : polled.events) plan.Bytes(event.SerializeAsString());
  WriteFields(polled.cursors, plan);
  plan.Bytes(polled.hash);
  WriteFields(polled.seen, plan);
  plan.Array(polled.gone.size());
  for (const std::string& field : polled.gone) plan.Bytes(field);
  plan.Integer(polled.forget ? 1 : 0);
  redis::Args args = {plan.Take()};
  const absl::StatusOr<redis::Reply> reply = co_await owner_.Run(PutPolledScript(), std::move(args));
  co_return reply.status();
}

}  // namespace tajo::store
