#include "common/store/overview.h"

#include <algorithm>
#include <utility>

#include "common/base/error.h"
#include "common/store/keys.h"
#include "common/store/lua_scripts.h"
#include "common/store/reply_read.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::store {
namespace {

const redis::Script& OverviewScript() {
  static const redis::Script script(lua::kOverview);
  return script;
}

}  // namespace

base::Task<absl::StatusOr<ConnectionOverview>> ReadOverview(redis::Client& redis, std::string connection_id) {
  const Keys keys(connection_id);
  redis::Args script_keys = {keys.Connection()};
  redis::Args args = {keys.Prefix()};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply,
                           co_await redis.Run(OverviewScript(), std::move(script_keys), std::move(args)));
  const redis::Reply::Array& values = reply.Elements();
  if (values.size() != 7) co_return base::Error(jira::v1::INTERNAL, "the overview script gave no answer");
  const auto counters = FieldsOf(values[5]);
  const auto cursors = FieldsOf(values[6]);
  ConnectionOverview overview;
  overview.events = values[0].Integer();
  overview.dirty = values[1].Integer();
  overview.outbox = values[2].Integer();
  overview.dead_letters = values[3].Integer();
  overview.quarantined = values[4].Integer();
  overview.issues_tracked = NumberOf(counters, kCounterIssues);
  overview.contacts_known = NumberOf(counters, kCounterContacts);
  overview.tickets_without_contact = NumberOf(counters, kCounterWithoutContact);
  overview.missed_webhooks = NumberOf(counters, kCounterMissedWebhooks);
  overview.last_webhook_ms = NumberOf(counters, kCounterLastWebhook);
  // Of those stored in one second the first is noted: one of the refusal's second may have come behind it.
  const int64_t last_refused_ms = NumberOf(counters, kCounterLastRefused);
  if (last_refused_ms / 1000 > overview.last_webhook_ms / 1000) {
    overview.last_refused_ms = last_refused_ms;
    overview.last_refused_why = TextOf(counters, kCounterLastRefusedWhy);
  }
  overview.projects = NumberOf(cursors, kCursorProjects);
  overview.last_sync_ms = NumberOf(cursors, kCursorLastSync);
  co_return overview;
}

std::vector<DeadLetter> LettersIn(const redis::Reply& entries) {
  std::vector<DeadLetter> letters;
  for (const redis::Reply& entry : entries.Elements()) {
    if (entry.Elements().size() != 2) continue;
    DeadLetter& letter = letters.emplace_back();
    letter.entry_id = entry.Elements()[0].String();
    letter.record.ParseFromString(TextOf(FieldsOf(entry.Elements()[1]), "r"));
  }
  return letters;
}

base::Task<absl::StatusOr<std::vector<DeadLetter>>> ReadDeadLetters(redis::Client& redis, std::string connection_id,
                                                                    int count, std::string after_entry_id) {
  redis::Args read = {
      "XRANGE", Keys(connection_id).Dead(),        after_entry_id.empty() ? "-" : "(" + after_entry_id, "+",
      "COUNT",  std::to_string(std::max(count, 1))};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply, co_await redis.Execute(std::move(read)));
  co_return LettersIn(reply);
}

bool IsLaterEntry(const std::string& entry_id, const std::string& than) {
  const auto parts = [](const std::string& id) {
    const std::size_t dash = std::min(id.find('-'), id.size());
    const std::string_view text(id);
    return std::pair(ToNumber(text.substr(0, dash)), ToNumber(text.substr(std::min(dash + 1, id.size()))));
  };
  return parts(entry_id) > parts(than);
}

}  // namespace tajo::store
