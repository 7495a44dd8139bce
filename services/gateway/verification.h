#pragma once

#include <string>
#include <vector>

#include "common/access/access.h"
#include "common/base/task.h"
#include "common/brevo/client.h"
#include "common/jira/client.h"
#include "services/gateway/attributes.h"
#include "services/gateway/problems.h"
#include "tajo/jira/v1/connection.pb.h"

namespace tajo::gateway {

struct JiraFindings {
  std::string account_id;
  std::string time_zone;
};

// Asks Jira whether the account is good and whether it has what the config names: projects, issue
// types, fields, a valid filter. Changes nothing. What is wrong goes to `problems`.
base::Task<JiraFindings> VerifyJira(jira::Client& jira, jira::v1::ConnectionConfig config, Problems& problems);

// The projects of the config that Jira doesn't show us, as JIRA_PROJECT_UNKNOWN naming them.
base::Task<absl::Status> CheckProjects(jira::Client& jira, jira::v1::ConnectionConfig config);

// JIRA_JQL_INVALID with Jira's words for a filter that it can't run.
base::Task<absl::Status> CheckJql(jira::Client& jira, std::string jql, std::string field);

struct BrevoFindings {
  std::string company_name;
  std::string account_key;                             // the same for all keys of an account, where Brevo tells its id
  std::vector<brevo::AttributeDefinition> attributes;  // that it has
  std::vector<brevo::AttributeDefinition> missing;     // that it lacks
  bool key_stands_for_account = false;  // Brevo told no id: another key of the same account has another account_key

  // Where only names can tell: may it be the account of that name?
  bool IsMaybe(const std::string& name) const {
    return key_stands_for_account && !name.empty() && name == company_name;
  }
};

// The same of Brevo: the key, the lists, the attributes' types.
base::Task<BrevoFindings> VerifyBrevo(access::BrevoAccess& access, jira::v1::ConnectionConfig config,
                                      std::string api_key, Problems& problems);

// BREVO_LIST_UNKNOWN naming the lists of the config that don't exist.
base::Task<absl::Status> CheckLists(brevo::Client& brevo, jira::v1::ConnectionConfig config);

// Creates what Brevo lacks, and pins the config to what it has then (see PinAttributes).
base::Task<absl::Status> CreateAttributes(brevo::Client& brevo, BrevoFindings found,
                                          jira::v1::ConnectionConfig& config);

}  // namespace tajo::gateway
