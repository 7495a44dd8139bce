#pragma once

#include <any>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "tajo/jira/v1/connector.pb.h"

namespace tajo::testing {

namespace v1 = ::tajo::jira::v1;

// A gateway on a free port of 127.0.0.1 that answers what the test says, and notes what it was asked.
class FakeGateway {
 public:
  struct Answers {
    v1::ConnectResponse connect;
    v1::BeginAuthorizationResponse begin;
    v1::Connection connection;
    std::vector<v1::ListConnectionsResponse> lists;  // a page a call
    v1::DisconnectResponse disconnect;
    v1::TestConnectionResponse test;
    v1::Sync started;
    v1::Sync cancelled;
    std::vector<std::vector<v1::Sync>> watched;  // a stream a call
    v1::Status status;
    std::vector<v1::QueryResponse> pages;
    v1::ForgetContactResponse forgotten;
    v1::ListDeadLettersResponse letters;
    v1::ReplayDeadLettersResponse replayed;
    v1::TraceIssueResponse trace;
    v1::PreviewMappingResponse preview;
    v1::CreateIssueResponse created;
    v1::GetCapacityResponse capacity;
    // Fails every call: status code, message and detail. Code 0: none.
    int code = 0;
    std::string message;
    v1::ErrorDetail detail;
  };

  explicit FakeGateway(Answers answers);
  ~FakeGateway();

  std::string Address() const;
  // The requests of type R, in order.
  template <class R>
  std::vector<R> Asked() {
    const std::lock_guard lock(mutex_);
    std::vector<R> found;
    for (const std::any& request : requests_) {
      if (const R* one = std::any_cast<R>(&request)) found.push_back(*one);
    }
    return found;
  }
  std::string LastAuthorization();

 private:
  class Service;
  friend class Service;

  const Answers answers_;
  std::mutex mutex_;
  std::vector<std::any> requests_;
  std::string authorization_;
  std::unique_ptr<Service> service_;
};

}  // namespace tajo::testing
