#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/task.h"
#include "common/deciding/decide.h"
#include "common/deciding/rules.h"
#include "common/jira/client.h"
#include "common/store/owner_store.h"
#include "services/gateway/issue_ref.h"
#include "tajo/jira/v1/connection.pb.h"

namespace tajo::gateway {

// A connection's config as the worker decides by it: custom fields found in the site's catalogue.
struct ReadyRules {
  deciding::Rules rules;
  jira::IssueFields fields;
  std::vector<std::string> unknown_fields;  // that the config names and the site doesn't have
};
base::Task<absl::StatusOr<ReadyRules>> MakeReady(jira::Client& jira, jira::v1::ConnectionConfig config);

// One issue with all that the worker would read to decide on it. The issue isn't taken for known: every
// history and comment counts.
struct IssueReading {
  deciding::Facts facts;  // reread is there
  std::map<std::string, jira::v1::User> users;

  const jira::v1::Issue& Issue() const { return *facts.reread; }
  deciding::UserLookup Lookup() const;  // while this lives
};

// JIRA_NOT_FOUND where Jira doesn't show it. `store` is only read from; needs no lease.
base::Task<absl::StatusOr<IssueReading>> ReadForDeciding(jira::Client& jira, store::OwnerStore& store,
                                                         const base::Clock& clock, ReadyRules ready, IssueRef ref);

}  // namespace tajo::gateway
