#include "common/store/parked.h"

#include <algorithm>
#include <iterator>

#include "common/store/ledger_key.h"
#include "common/store/lua_scripts.h"
#include "common/store/plan_writer.h"
#include "common/store/reply_read.h"
#include "common/store/scripts.h"

namespace tajo::store {
namespace {

const redis::Script& ScheduleScript() {
  static const redis::Script script = OwnerScript(lua::kScheduleLooks);
  return script;
}
const redis::Script& ReleaseParkedScript() {
  static const redis::Script script = OwnerScript(lua::kReleaseParked);
  return script;
}
const redis::Script& LinkScript() {
  static const redis::Script script = OwnerScript(lua::kLinkAccount);
  return script;
}

}  // namespace

Parked::Link ReadLink(std::string_view value) {
  const std::size_t blank = value.find(' ');
  if (blank == std::string_view::npos) return {};
  return {std::string(value.substr(blank + 1)), ToNumber(value.substr(0, blank))};
}

base::Task<absl::StatusOr<std::vector<std::string>>> Parked::Due(int count) {
  redis::Args read = {
      "ZRANGE", owner_.ConnectionKeys().Parked(),  "-inf", std::to_string(owner_.NowMs()), "BYSCORE", "LIMIT",
      "0",      std::to_string(std::max(count, 1))};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply, co_await owner_.Redis().Execute(std::move(read)));
  std::vector<std::string> accounts;
  for (const redis::Reply& account : reply.Elements()) accounts.push_back(account.String());
  co_return accounts;
}

base::Task<absl::StatusOr<std::vector<int64_t>>> Parked::Tickets(std::string account, int count) {
  redis::Args read = {"SRANDMEMBER", owner_.ConnectionKeys().Parked(account), std::to_string(std::max(count, 1))};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply, co_await owner_.Redis().Execute(std::move(read)));
  std::vector<int64_t> tickets;
  for (const redis::Reply& ticket : reply.Elements()) tickets.push_back(ToNumber(ticket.String()));
  co_return tickets;
}

base::Task<absl::Status> Parked::LookAt(std::vector<std::string> accounts, int64_t at_ms) {
  if (accounts.empty()) co_return absl::OkStatus();
  redis::Args args = {"XX", std::to_string(at_ms), ""};
  args.insert(args.end(), std::make_move_iterator(accounts.begin()), std::make_move_iterator(accounts.end()));
  const auto reply = co_await owner_.Run(ScheduleScript(), std::move(args));
  co_return reply.status();
}

base::Task<absl::Status> Parked::PutOff(std::string account, int64_t began_ms, int64_t at_ms) {
  redis::Args args = {"XX", std::to_string(at_ms), std::to_string(began_ms), std::move(account)};
  const auto reply = co_await owner_.Run(ScheduleScript(), std::move(args));
  co_return reply.status();
}

base::Task<absl::Status> Parked::Release(std::string account, std::vector<std::pair<int64_t, std::string>> tickets) {
  PlanWriter plan;
  plan.Array(tickets.size());
  for (const auto& [issue_id, event] : tickets) plan.Array(2).Bytes(std::to_string(issue_id)).Bytes(event);
  redis::Args args = {std::move(account), plan.Take()};
  const auto reply = co_await owner_.Run(ReleaseParkedScript(), std::move(args));
  co_return reply.status();
}

base::Task<absl::StatusOr<std::map<std::string, Parked::Link>>> Parked::Links(std::vector<std::string> accounts) {
  std::map<std::string, Link> links;
  if (accounts.empty()) co_return links;
  redis::Args read = {"HMGET", owner_.ConnectionKeys().Linked()};
  read.insert(read.end(), accounts.begin(), accounts.end());
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply, co_await owner_.Redis().Execute(std::move(read)));
  const redis::Reply::Array& values = reply.Elements();
  const int64_t now_ms = owner_.NowMs();
  redis::Args again = {"NX", std::to_string(now_ms), ""};
  for (std::size_t i = 0; i < values.size() && i < accounts.size(); ++i) {
    if (values[i].IsNil()) continue;
    Link link = ReadLink(values[i].String());
    if (link.email.empty()) continue;
    if (link.found_ms < now_ms - kUserAgeMs) again.push_back(accounts[i]);
    links.emplace(accounts[i], std::move(link));
  }
  if (again.size() > 3) {
    const auto planned = co_await owner_.Run(ScheduleScript(), std::move(again));
    if (!planned.ok()) co_return planned.status();
  }
  co_return links;
}

base::Task<absl::Status> Parked::Put(std::string account, std::string email) {
  std::string tombstones = owner_.Erased().OfAccount(account);
  std::string value;
  if (!email.empty()) {
    tombstones += owner_.Erased().Of(ContactId::OfEmail(email));
    value = std::to_string(owner_.NowMs()) + " " + email;
  }
  redis::Args args = {std::move(account), std::move(value), std::move(tombstones)};
  const auto reply = co_await owner_.Run(LinkScript(), std::move(args));
  co_return reply.status();
}

}  // namespace tajo::store
