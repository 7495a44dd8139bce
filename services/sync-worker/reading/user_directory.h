#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/deciding/customer.h"
#include "common/jira/client.h"
#include "common/store/owner_store.h"
#include "common/store/parked.h"
#include "tajo/jira/v1/event.pb.h"

namespace tajo::worker {

// What is known of Jira's accounts: here, in Redis, and in Jira itself, in that order. An account whose
// e-mail Jira hides has that of the contact in Brevo which it is linked to. One a connection; holds at
// most `capacity` accounts in memory.
class UserDirectory {
 public:
  UserDirectory(store::OwnerStore& store, jira::Client& jira, std::size_t capacity = 20'000);

  // Makes these accounts known, as far as anybody knows them. An account that Jira doesn't show is
  // known as nobody, so that it isn't asked for again and again.
  base::Task<absl::Status> Load(std::vector<std::string> account_ids);
  // The same for those who may be the customers of these.
  base::Task<absl::Status> LoadCustomers(const std::vector<jira::v1::Issue>& issues, const deciding::Rules& rules);
  // Users as a search showed them; stored where they tell something new.
  base::Task<absl::Status> Learn(std::vector<jira::v1::User> users);

  deciding::UserLookup Lookup() const;
  // The account turned out to be that contact in Brevo; empty: to be none any more.
  void Linked(const std::string& account_id, const std::string& email);
  // Nothing of anybody stays in memory.
  void Clear();

 private:
  void Remember(jira::v1::User user);
  const jira::v1::User* Find(const std::string& account_id) const;
  // Whether the account is known; if so, it stays for the next capacity / 2 others.
  bool Recall(const std::string& account_id);
  // Of those without an e-mail: what Redis knows besides.
  base::Task<absl::Status> Complete(std::vector<std::string> account_ids);
  bool LacksEmail(const std::string& account_id) const;

  store::OwnerStore& store_;
  store::Parked parked_;
  jira::Client& jira_;
  std::size_t capacity_;
  std::map<std::string, jira::v1::User> users_;
  std::map<std::string, jira::v1::User> former_;  // as users_ was when it was full
  std::set<std::string> completed_;               // accounts without an e-mail of whom Redis knows nothing besides
  std::set<std::string> linked_;                  // of users_ and former_: the e-mail is a link's
};

}  // namespace tajo::worker
