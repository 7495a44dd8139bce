#include <algorithm>
#include <utility>

#include "common/store/desired_codec.h"
#include "common/store/ledger_key.h"
#include "common/store/letter.h"
#include "common/store/lua_scripts.h"
#include "common/store/owner_store.h"
#include "common/store/plan_writer.h"
#include "common/store/reply_read.h"
#include "common/store/scripts.h"

namespace tajo::store {
namespace {

const redis::Script& PeekScript() {
  static const redis::Script script = DesiredScript(lua::kPeekOutbox);
  return script;
}
const redis::Script& MarkScript() {
  static const redis::Script script = OwnerScript(lua::kMarkOutbox);
  return script;
}

}  // namespace

base::Task<absl::StatusOr<std::vector<OutboxEntry>>> OwnerStore::PeekOutbox(int count, std::string after_entry_id) {
  redis::Args keys = {keys_.Outbox()};
  redis::Args args = {keys_.Prefix(), after_entry_id.empty() ? "-" : "(" + after_entry_id,
                      std::to_string(std::max(count, 1))};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply,
                           co_await redis_.Run(PeekScript(), std::move(keys), std::move(args)));
  const redis::Reply::Array& elements = reply.Elements();
  std::vector<OutboxEntry> entries;
  entries.reserve(elements.size() / 7);
  for (std::size_t i = 0; i + 6 < elements.size(); i += 7) {
    OutboxEntry& entry = entries.emplace_back();
    entry.entry_id = elements[i].String();
    entry.event.ParseFromString(elements[i + 1].String());
    entry.ledger = elements[i + 2].String().empty() ? 'q' : elements[i + 2].String().front();
    entry.sending_since_ms = elements[i + 3].Integer();
    entry.contact_known = !elements[i + 4].String().empty();
    if (auto person = UnpackPerson(elements[i + 5].String())) entry.email = std::move(person->email);
    entry.given_up = static_cast<base::Reason>(ToNumber(elements[i + 6].String()));
  }
  co_return entries;
}

base::Task<absl::Status> OwnerStore::Mark(char state, std::vector<OutboxEntry> entries,
                                          std::optional<jira::v1::DeadLetterRecord> letter) {
  if (entries.empty()) co_return absl::OkStatus();
  const int64_t now_ms = NowMs();
  PlanWriter plan;
  plan.Array(entries.size());
  for (const OutboxEntry& entry : entries) {
    std::string uid = entry.event.uid().substr(0, kLedgerUidBytes);
    uid.resize(kLedgerUidBytes, '\0');
    plan.Array(4)
        .Bytes(entry.entry_id)
        .Bytes(LedgerKey(LedgerDay(entry.event.event_ms()), uid))
        .Bytes(uid)
        .Bytes(std::to_string(LedgerLifeSeconds(entry.event.event_ms(), now_ms, ledger_days_)));
  }
  redis::Args args = {std::string(1, state), std::to_string(now_ms), plan.Take()};
  if (letter) AppendLetter(*letter, args);
  const absl::StatusOr<redis::Reply> reply = co_await Run(MarkScript(), std::move(args));
  co_return reply.status();
}

base::Task<absl::Status> OwnerStore::MarkSending(std::vector<OutboxEntry> entries) {
  TAJO_CO_RETURN_IF_ERROR(co_await Mark('s', std::move(entries), std::nullopt));
  co_return co_await Confirm();
}

base::Task<absl::Status> OwnerStore::MarkQueued(std::vector<OutboxEntry> entries) {
  return Mark('q', std::move(entries), std::nullopt);
}

base::Task<absl::Status> OwnerStore::MarkHeld(std::vector<OutboxEntry> entries) {
  return Mark('h', std::move(entries), std::nullopt);
}

base::Task<absl::Status> OwnerStore::MarkSent(std::vector<OutboxEntry> entries) {
  return Mark('d', std::move(entries), std::nullopt);
}

base::Task<absl::Status> OwnerStore::MarkDead(OutboxEntry entry, jira::v1::DeadLetterRecord letter) {
  std::vector<OutboxEntry> entries;
  entries.push_back(std::move(entry));
  return Mark('x', std::move(entries), std::move(letter));
}

}  // namespace tajo::store
