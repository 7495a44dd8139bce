#include "services/gateway/capacity.h"

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <tuple>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "common/store/users.h"
#include "services/gateway/directory.h"
#include "services/gateway/render.h"

namespace tajo::gateway {
namespace {

namespace v1 = ::tajo::jira::v1;
using boost::asio::experimental::awaitable_operators::operator||;

// Ten calls of Jira: whom they leave out has no name in the answer.
constexpr std::size_t kAccountsToAskFor = 10 * jira::kUserBulkLimit;

}  // namespace

base::Task<absl::StatusOr<v1::GetCapacityResponse>> CapacityCalls::Get(Caller caller, v1::GetCapacityRequest request) {
  TAJO_CO_ASSIGN_OR_RETURN(const store::ConnectionRecord record,
                           co_await FindConnection(backend_.connections, caller, request.connection()));
  TAJO_CO_ASSIGN_OR_RETURN(const store::Capacity capacity,
                           co_await store::ReadCapacity(backend_.redis, record.connection_id));
  const Names names = co_await NamesOf(record, capacity.accounts);
  co_return ShowCapacity(capacity, names);
}

base::Task<CapacityCalls::Names> CapacityCalls::NamesOf(store::ConnectionRecord record,
                                                        std::map<uint64_t, std::string> accounts) {
  Names names;
  std::vector<std::string> ids;
  for (auto& [hash, account] : accounts) ids.push_back(std::move(account));
  const auto cached =
      co_await store::ReadUsers(backend_.redis, record.connection_id, ids, base::ToMillis(backend_.clock.Now()));
  if (cached.ok()) {
    for (const auto& [id, user] : *cached) names[id] = user.display_name();
  }
  std::erase_if(ids, [&names](const std::string& id) { return names.contains(id); });
  if (ids.empty()) co_return names;
  // The sums are the answer: without a name there is the account.
  auto asking = AskJira(record, std::move(ids), names);
  auto limit = backend_.clock.Sleep(backend_.options.jira_patience);
  (void)co_await (std::move(asking) || std::move(limit));
  co_return names;
}

base::Task<void> CapacityCalls::AskJira(const store::ConnectionRecord& record, std::vector<std::string> ids,
                                        Names& names) {
  const auto credentials = co_await backend_.connections.GetCredentials(record.connection_id);
  if (!credentials.ok()) co_return;
  const auto jira = backend_.OpenJira(record.connection_id, record.config, *credentials);
  if (!jira.ok()) co_return;
  ids.resize(std::min(ids.size(), kAccountsToAskFor));
  for (std::size_t begin = 0; begin < ids.size(); begin += jira::kUserBulkLimit) {
    const auto end = std::min(begin + jira::kUserBulkLimit, ids.size());
    std::vector<std::string> part(ids.begin() + static_cast<std::ptrdiff_t>(begin),
                                  ids.begin() + static_cast<std::ptrdiff_t>(end));
    const auto users = co_await (*jira)->Live().UsersByAccountId(std::move(part));
    if (!users.ok()) break;
    for (const v1::User& user : *users) names[user.account_id()] = user.display_name();
  }
}

v1::GetCapacityResponse ShowCapacity(const store::Capacity& capacity, const std::map<std::string, std::string>& names) {
  // Nobody's work goes first, and that of unknown people before the others.
  using Place = std::tuple<bool, std::string, std::string, int64_t>;
  std::map<Place, store::Workload> sums;
  for (const store::Workload& work : capacity.workloads) {
    const auto account = capacity.accounts.find(work.assignee_hash);
    const auto key = capacity.project_keys.find(work.project_id);
    store::Workload& sum = sums[{work.assignee_hash != 0, account == capacity.accounts.end() ? "" : account->second,
                                 key == capacity.project_keys.end() ? "" : key->second, work.project_id}];
    sum.open_issues += work.open_issues;
    sum.original_estimate_min += work.original_estimate_min;
    sum.remaining_estimate_min += work.remaining_estimate_min;
    sum.time_spent_min += work.time_spent_min;
    sum.story_points_x10 += work.story_points_x10;
  }
  v1::GetCapacityResponse response;
  if (capacity.counted_ms != 0) *response.mutable_counted_at() = TimestampOf(capacity.counted_ms);
  for (const auto& [place, sum] : sums) {
    const auto& [assigned, account, key, project_id] = place;
    v1::GetCapacityResponse::Row& row = *response.add_rows();
    row.set_assignee_account_id(account);
    const auto name = names.find(account);
    if (name != names.end()) row.set_assignee_name(name->second);
    row.set_unassigned(!assigned);
    row.set_project_key(key);
    row.set_project_id(project_id);
    row.set_open_issues(sum.open_issues);
    row.set_original_estimate_s(sum.original_estimate_min * 60);
    row.set_remaining_estimate_s(sum.remaining_estimate_min * 60);
    row.set_time_spent_s(sum.time_spent_min * 60);
    row.set_story_points(static_cast<double>(sum.story_points_x10) / 10);
  }
  return response;
}

}  // namespace tajo::gateway
