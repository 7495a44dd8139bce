#include "common/store/peek.h"

#include <algorithm>

#include "common/base/error.h"
#include "common/store/keys.h"
#include "common/store/ledger_key.h"
#include "common/store/owner_store.h"
#include "common/store/pipeline.h"
#include "common/store/reply_read.h"

namespace tajo::store {
namespace {

int64_t TicketIn(const std::string& member) {
  uint64_t id = 0;
  for (const char c : member) id = id << 8 | static_cast<uint8_t>(c);
  return static_cast<int64_t>(id);
}

}  // namespace

int64_t EntryMillis(const std::string& entry_id) {
  return ToNumber(std::string_view(entry_id).substr(0, std::min(entry_id.find('-'), entry_id.size())));
}

base::Task<absl::StatusOr<std::vector<std::pair<std::string, jira::v1::Event>>>> PeekEvents(
    redis::Client& redis, std::string connection_id, int count, std::string after_entry_id) {
  redis::Args read = {
      "XRANGE", Keys(connection_id).Events(),      after_entry_id.empty() ? "-" : "(" + after_entry_id, "+",
      "COUNT",  std::to_string(std::max(count, 1))};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply, co_await redis.Execute(std::move(read)));
  std::vector<std::pair<std::string, jira::v1::Event>> events;
  for (const redis::Reply& entry : reply.Elements()) {
    if (entry.Elements().size() != 2) continue;
    auto& [id, event] = events.emplace_back();
    id = entry.Elements()[0].String();
    if (!event.ParseFromString(TextOf(FieldsOf(entry.Elements()[1]), "e"))) event.Clear();
  }
  co_return events;
}

base::Task<absl::StatusOr<std::vector<DeadLetter>>> NewestDeadLetters(redis::Client& redis, std::string connection_id,
                                                                      int count) {
  redis::Args read = {"XREVRANGE", Keys(connection_id).Dead(), "+", "-", "COUNT", std::to_string(std::max(count, 1))};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply, co_await redis.Execute(std::move(read)));
  co_return LettersIn(reply);
}

base::Task<absl::StatusOr<ContactGlimpse>> PeekContact(redis::Client& redis, std::string connection_id,
                                                       ContactId contact) {
  const Keys keys(connection_id);
  std::vector<redis::Args> commands;
  commands.push_back({"HMGET", keys.Contact(contact), "v", "t"});
  commands.push_back({"ZSCORE", keys.Dirty(), contact.Bytes()});
  commands.push_back({"SISMEMBER", keys.Of("inflight"), contact.Bytes()});
  commands.push_back({"HEXISTS", keys.Stale(), contact.Bytes()});
  commands.push_back({"SISMEMBER", keys.Of("unsubscribed"), contact.Bytes()});
  commands.push_back({"ZREVRANGE", keys.Tickets(contact), "0", "0", "WITHSCORES"});
  TAJO_CO_ASSIGN_OR_RETURN(const auto replies, co_await ExecuteAll(redis, std::move(commands)));
  ContactGlimpse glimpse;
  const redis::Reply::Array& state = replies[0].Elements();
  if (state.size() == 2) {
    glimpse.here = !state[0].IsNil();
    glimpse.known = !state[1].IsNil();
    glimpse.written_ms = state[1].Integer();
  }
  glimpse.dirty = !replies[1].IsNil();
  glimpse.backfill = glimpse.dirty && std::stod("0" + replies[1].String()) >= static_cast<double>(kBackfillOffset);
  glimpse.in_flight = replies[2].Integer() != 0;
  glimpse.stale = replies[3].Integer() != 0;
  glimpse.unsubscribed = replies[4].Integer() != 0;
  const redis::Reply::Array& top = replies[5].Elements();
  if (top.size() == 2) {
    glimpse.last_ticket = TicketIn(top[0].String());
    glimpse.last_rank_ms = static_cast<int64_t>(std::stod("0" + top[1].String()));
  }
  co_return glimpse;
}

base::Task<absl::StatusOr<std::vector<char>>> PeekLedger(redis::Client& redis, std::string connection_id,
                                                         std::vector<jira::v1::OutboxEvent> events) {
  const Keys keys(connection_id);
  std::vector<redis::Args> commands;
  for (const jira::v1::OutboxEvent& event : events) {
    std::string uid = event.uid().substr(0, kLedgerUidBytes);
    uid.resize(kLedgerUidBytes, '\0');
    // A change's time may differ by some ms between a webhook and the history.
    for (const int64_t shift : {int64_t{0}, -kDayMs, kDayMs}) {
      commands.push_back({"HGET", keys.Of(LedgerKey(LedgerDay(event.event_ms() + shift), uid)), uid});
    }
  }
  TAJO_CO_ASSIGN_OR_RETURN(const auto replies, co_await ExecuteAll(redis, std::move(commands)));
  std::vector<char> states(events.size(), '\0');
  for (std::size_t i = 0; i < replies.size(); ++i) {
    char& state = states[i / 3];
    if (state == '\0' && !replies[i].String().empty()) state = replies[i].String().front();
  }
  co_return states;
}

base::Task<absl::StatusOr<QuarantineGlimpse>> PeekQuarantine(redis::Client& redis, std::string connection_id) {
  const Keys keys(connection_id);
  std::vector<redis::Args> commands;
  commands.push_back({"XLEN", keys.Quarantine()});
  commands.push_back({"XREVRANGE", keys.Quarantine(), "+", "-", "COUNT", "1"});
  TAJO_CO_ASSIGN_OR_RETURN(const auto replies, co_await ExecuteAll(redis, std::move(commands)));
  QuarantineGlimpse glimpse;
  glimpse.bodies = replies[0].Integer();
  const redis::Reply::Array& newest = replies[1].Elements();
  if (!newest.empty() && !newest[0].Elements().empty()) {
    glimpse.newest_ms = EntryMillis(newest[0].Elements()[0].String());
  }
  co_return glimpse;
}

}  // namespace tajo::store
