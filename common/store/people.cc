#include "common/store/people.h"

#include <algorithm>
#include <utility>

#include "common/base/error.h"
#include "common/store/capacity.h"
#include "common/store/keys.h"
#include "common/store/lua_scripts.h"
#include "common/store/plan_writer.h"
#include "common/store/reply_read.h"
#include "common/store/scripts.h"

namespace tajo::store {
namespace {

constexpr int64_t kReportLifeS = 86'400;
constexpr char kClaimsLifeSeconds[] = "5184000";  // 60 days: the longest cycle

const redis::Script& FinishPeopleScript() {
  static const redis::Script script = OwnerScript(lua::kFinishPeople);
  return script;
}

const redis::Script& ClaimAccountsScript() {
  static const redis::Script script(lua::kClaimAccounts);
  return script;
}

}  // namespace

base::Task<absl::StatusOr<std::vector<PersonEntry>>> People::Read(int count, std::string after_entry_id) {
  redis::Args read = {
      "XRANGE", owner_.ConnectionKeys().People(),  after_entry_id.empty() ? "-" : "(" + after_entry_id, "+",
      "COUNT",  std::to_string(std::max(count, 1))};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply, co_await redis_.Execute(std::move(read)));
  std::vector<PersonEntry> entries;
  for (const redis::Reply& item : reply.Elements()) {
    if (item.Elements().size() != 2) continue;
    PersonEntry& entry = entries.emplace_back();
    entry.entry_id = item.Elements()[0].String();
    if (!entry.event.ParseFromString(TextOf(FieldsOf(item.Elements()[1]), "e"))) entry.event.Clear();
  }
  co_return entries;
}

base::Task<absl::Status> People::Finish(PeopleOutcome outcome) {
  PlanWriter finished;
  finished.Array(outcome.finished.size());
  for (const FinishedPerson& person : outcome.finished) {
    const bool wanted = !person.request_id.empty();
    finished.Array(5)
        .Bytes(person.entry_id)
        .Bytes(person.deleted ? owner_.Erased().Of(*person.deleted) : std::string())
        .Bytes(wanted ? "forgotten:" + person.request_id : std::string())
        .Bytes(person.report.SerializeAsString())
        .Integer(kReportLifeS);
  }
  PlanWriter unsubscribed;
  unsubscribed.Array(outcome.unsubscribed.size());
  for (const ContactId& contact : outcome.unsubscribed) unsubscribed.Bytes(contact.Bytes());
  PlanWriter follow_ups;
  follow_ups.Array(outcome.follow_ups.size());
  for (const jira::v1::Event& event : outcome.follow_ups) follow_ups.Bytes(event.SerializeAsString());
  PlanWriter tombstones;
  tombstones.Array(outcome.erased_accounts.size());
  for (const std::string& account : outcome.erased_accounts) tombstones.Bytes(owner_.Erased().OfAccount(account));
  PlanWriter assignees;
  assignees.Array(outcome.erased_accounts.size());
  for (const std::string& account : outcome.erased_accounts) assignees.Bytes(AssigneeField(account));
  redis::Args args = {finished.Take(), unsubscribed.Take(), follow_ups.Take(), tombstones.Take(), assignees.Take()};
  const auto reply = co_await owner_.Run(FinishPeopleScript(), std::move(args));
  co_return reply.status();
}

base::Task<absl::Status> People::Add(jira::v1::Event event) {
  redis::Args add = {"XADD", owner_.ConnectionKeys().People(), "*", "e", event.SerializeAsString()};
  const auto added = co_await redis_.Execute(std::move(add));
  co_return added.status();
}

base::Task<absl::StatusOr<std::optional<jira::v1::ErasureReport>>> ReadErasureReport(redis::Client& redis,
                                                                                     std::string connection_id,
                                                                                     std::string request_id) {
  redis::Args read = {"GET", Keys(connection_id).Report(request_id)};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply, co_await redis.Execute(std::move(read)));
  if (reply.IsNil()) co_return std::optional<jira::v1::ErasureReport>();
  jira::v1::ErasureReport report;
  if (!report.ParseFromString(reply.String())) co_return std::optional<jira::v1::ErasureReport>();
  co_return std::optional<jira::v1::ErasureReport>(std::move(report));
}

base::Task<absl::StatusOr<std::vector<std::string>>> ClaimAccounts(redis::Client& redis, std::string key,
                                                                   std::vector<std::string> accounts, int64_t now_ms,
                                                                   int64_t cycle_ms) {
  redis::Args keys = {std::move(key)};
  redis::Args args = {std::to_string(now_ms), std::to_string(cycle_ms), kClaimsLifeSeconds};
  args.insert(args.end(), accounts.begin(), accounts.end());
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply,
                           co_await redis.Run(ClaimAccountsScript(), std::move(keys), std::move(args)));
  std::vector<std::string> known;
  for (const redis::Reply& account : reply.Elements()) known.push_back(account.String());
  co_return known;
}

}  // namespace tajo::store
