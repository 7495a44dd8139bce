#pragma once

#include <deque>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/net/http_client.h"

namespace tajo::testing {

// Answers what it was told, in order, and remembers what it was sent.
class FakeHttp final : public net::HttpClient {
 public:
  using Headers = std::initializer_list<std::pair<std::string, std::string>>;

  void Answer(int status, std::string body = "", Headers headers = {}) {
    net::HttpResponse response;
    response.status = status;
    response.body = std::move(body);
    for (const auto& [name, value] : headers) response.headers.Add(name, value);
    answers_.emplace_back(std::move(response));
  }
  void Fail(absl::Status status) { answers_.emplace_back(std::move(status)); }

  base::Task<absl::StatusOr<net::HttpResponse>> Send(net::HttpRequest request) override {
    sent.push_back(std::move(request));
    if (answers_.empty()) co_return absl::InternalError("no answer was prepared");
    auto answer = std::move(answers_.front());
    answers_.pop_front();
    co_return answer;
  }

  std::vector<net::HttpRequest> sent;

 private:
  std::deque<absl::StatusOr<net::HttpResponse>> answers_;
};

}  // namespace tajo::testing
