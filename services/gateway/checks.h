#pragma once

#include <string>

#include "common/base/task.h"
#include "services/gateway/backend.h"
#include "services/gateway/caller.h"
#include "tajo/jira/v1/connector.pb.h"

namespace tajo::gateway {

// TestConnection: the product page's checks, in its order and words, and two of ours behind them. A
// check that fails is an answer, not an error of the call.
class CheckCalls {
 public:
  explicit CheckCalls(Backend& backend) : backend_(backend) {}

  base::Task<absl::StatusOr<jira::v1::TestConnectionResponse>> Test(Caller caller,
                                                                    jira::v1::TestConnectionRequest request);

 private:
  struct Outcome {
    absl::Status status;
    std::string detail;  // where it passed
  };
  static void Add(jira::v1::TestConnectionResponse& response, const char* name, Outcome outcome);
  base::Task<void> TestJira(store::ConnectionRecord record, jira::v1::Credentials credentials,
                            jira::v1::TestConnectionResponse& response);
  base::Task<Outcome> Projects(jira::Client& jira, jira::v1::ConnectionConfig config);
  base::Task<Outcome> Search(jira::Client& jira, jira::v1::ConnectionConfig config);
  base::Task<Outcome> UserLookup(jira::Client& jira, std::string account_id);
  base::Task<Outcome> DynamicWebhooks(jira::Client& jira, store::ConnectionRecord record) const;
  base::Task<Outcome> AdminWebhook(store::ConnectionRecord record);
  base::Task<Outcome> Brevo(store::ConnectionRecord record, jira::v1::Credentials credentials);
  base::Task<Outcome> Redis();

  Backend& backend_;
};

}  // namespace tajo::gateway
