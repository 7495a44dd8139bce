#include "services/sync-worker/reading/user_directory.h"

#include <algorithm>
#include <utility>

namespace tajo::worker {

using jira::v1::User;

UserDirectory::UserDirectory(store::OwnerStore& store, jira::Client& jira, std::size_t capacity)
    : store_(store), parked_(store), jira_(jira), capacity_(capacity) {}

base::Task<absl::Status> UserDirectory::Load(std::vector<std::string> account_ids) {
  std::sort(account_ids.begin(), account_ids.end());
  account_ids.erase(std::unique(account_ids.begin(), account_ids.end()), account_ids.end());
  const std::vector<std::string> all = account_ids;
  std::erase_if(account_ids, [this](const std::string& id) { return Recall(id); });
  if (account_ids.empty()) co_return co_await Complete(all);

  auto stored = co_await store_.Users(account_ids);
  if (!stored.ok()) co_return stored.status();
  for (auto& [id, user] : *stored) Remember(std::move(user));
  std::erase_if(account_ids, [this](const std::string& id) { return Find(id) != nullptr; });

  for (std::size_t begin = 0; begin < account_ids.size(); begin += jira::kUserBulkLimit) {
    const std::size_t end = std::min(begin + jira::kUserBulkLimit, account_ids.size());
    std::vector<std::string> part(account_ids.begin() + static_cast<std::ptrdiff_t>(begin),
                                  account_ids.begin() + static_cast<std::ptrdiff_t>(end));
    auto found = co_await jira_.UsersByAccountId(part);
    if (!found.ok()) co_return found.status();
    std::vector<User> learned = *std::move(found);
    for (const std::string& id : part) {
      const bool shown =
          std::any_of(learned.begin(), learned.end(), [&id](const User& u) { return u.account_id() == id; });
      if (shown) continue;
      User nobody;
      nobody.set_account_id(id);
      learned.push_back(std::move(nobody));
    }
    TAJO_CO_RETURN_IF_ERROR(co_await Learn(std::move(learned)));
  }
  co_return co_await Complete(all);
}

base::Task<absl::Status> UserDirectory::LoadCustomers(const std::vector<jira::v1::Issue>& issues,
                                                      const deciding::Rules& rules) {
  std::vector<std::string> accounts;
  const auto lookup = Lookup();
  for (const auto& issue : issues) {
    for (auto& account : deciding::AccountsToLookUp(issue, rules, lookup)) accounts.push_back(std::move(account));
  }
  co_return co_await Load(std::move(accounts));
}

base::Task<absl::Status> UserDirectory::Learn(std::vector<User> users) {
  std::vector<std::string> hidden;
  for (const auto& user : users) {
    if (user.email().empty() && !user.account_id().empty()) hidden.push_back(user.account_id());
  }
  TAJO_CO_RETURN_IF_ERROR(co_await Complete(hidden));
  std::vector<User> news;
  for (auto& user : users) {
    if (user.account_id().empty()) continue;
    const User* known = Recall(user.account_id()) ? Find(user.account_id()) : nullptr;
    // Webhooks and hidden profiles come without an e-mail: that is no reason to forget it.
    const bool says_more = known == nullptr || (!user.email().empty() && user.email() != known->email()) ||
                           (!user.display_name().empty() && user.display_name() != known->display_name());
    if (!says_more) continue;
    User whole = user;
    if (known != nullptr && user.email().empty()) whole.set_email(known->email());
    // A link is not Jira's word: it has a place of its own in Redis.
    const bool from_link = user.email().empty() && linked_.contains(user.account_id());
    news.push_back(from_link ? std::move(user) : whole);
    if (!from_link) linked_.erase(whole.account_id());
    Remember(std::move(whole));
  }
  if (news.empty()) co_return absl::OkStatus();
  co_return co_await store_.PutUsers(std::move(news));
}

deciding::UserLookup UserDirectory::Lookup() const {
  return [this](const std::string& account_id) { return Find(account_id); };
}

const User* UserDirectory::Find(const std::string& account_id) const {
  for (const auto* users : {&users_, &former_}) {
    if (const auto found = users->find(account_id); found != users->end()) return &found->second;
  }
  return nullptr;
}

bool UserDirectory::Recall(const std::string& account_id) {
  if (users_.contains(account_id)) return true;
  auto former = former_.extract(account_id);
  if (former.empty()) return false;
  users_.insert(std::move(former));
  return true;
}

bool UserDirectory::LacksEmail(const std::string& account_id) const {
  const User* found = Find(account_id);
  return found == nullptr || found->email().empty();
}

base::Task<absl::Status> UserDirectory::Complete(std::vector<std::string> account_ids) {
  std::erase_if(account_ids, [this](const std::string& id) { return completed_.contains(id) || !LacksEmail(id); });
  if (account_ids.empty()) co_return absl::OkStatus();
  // A profile that was visible, or a webhook, may have told what Jira hides now.
  auto stored = co_await store_.Users(account_ids);
  if (!stored.ok()) co_return stored.status();
  for (auto& [id, user] : *stored) {
    if (!user.email().empty()) Remember(std::move(user));
  }
  auto links = co_await parked_.Links(account_ids);
  if (!links.ok()) co_return links.status();
  for (const auto& [id, link] : *links) {
    if (LacksEmail(id)) Linked(id, link.email);
  }
  for (std::string& id : account_ids) {
    if (LacksEmail(id)) completed_.insert(std::move(id));
  }
  co_return absl::OkStatus();
}

void UserDirectory::Linked(const std::string& account_id, const std::string& email) {
  completed_.erase(account_id);
  const User* found = Find(account_id);
  User user = found == nullptr ? User() : *found;
  user.set_account_id(account_id);
  user.set_email(email);
  Remember(std::move(user));
  linked_.insert(account_id);  // after it: making room forgets the links of whom it drops
}

void UserDirectory::Clear() {
  users_.clear();
  former_.clear();
  completed_.clear();
  linked_.clear();
}

void UserDirectory::Remember(User user) {
  // Not all at once: what was loaded for a decision has to be there when it is made.
  if (users_.size() >= capacity_ / 2) {
    former_ = std::exchange(users_, {});
    completed_.clear();
    std::erase_if(linked_, [this](const std::string& id) { return !former_.contains(id); });
  }
  std::string id = user.account_id();
  users_.insert_or_assign(std::move(id), std::move(user));
}

}  // namespace tajo::worker
