#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/deciding/customer.h"
#include "common/jira/client.h"
#include "common/store/owner_store.h"
#include "tajo/jira/v1/event.pb.h"

namespace tajo::worker {

// What is known of Jira's accounts: here, in Redis, and in Jira itself, in that order. One a
// connection; holds at most `capacity` accounts in memory.
class UserDirectory {
 public:
  UserDirectory(store::OwnerStore& store, jira::Client& jira, std::size_t capacity = 20'000);

  // Makes these accounts known, as far as anybody knows them. An account that Jira doesn't show is
  // known as nobody, so that it isn't asked for again and again.
  base::Task<absl::Status> Load(std::vector<std::string> account_ids);
  // Users as a search showed them; stored where they tell something new.
  base::Task<absl::Status> Learn(std::vector<jira::v1::User> users);

  deciding::UserLookup Lookup() const;
  // Nothing of anybody stays in memory.
  void Clear() { users_.clear(); }

 private:
  void Remember(jira::v1::User user);

  store::OwnerStore& store_;
  jira::Client& jira_;
  std::size_t capacity_;
  std::map<std::string, jira::v1::User> users_;
};

}  // namespace tajo::worker
