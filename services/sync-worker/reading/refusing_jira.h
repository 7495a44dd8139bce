#pragma once

#include "common/base/error.h"
#include "common/jira/connection.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::worker {

// In Jira's place while it refuses our credentials: no call leaves, each is refused as Jira would.
class RefusingJira final : public jira::Connection {
 public:
  base::Task<absl::StatusOr<net::HttpResponse>> Send(jira::Request) override {
    co_return base::Error(jira::v1::JIRA_AUTHENTICATION_FAILED, "Jira refuses the credentials, and isn't asked");
  }
  void Settle(int) override {}
};

}  // namespace tajo::worker
