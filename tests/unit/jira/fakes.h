#pragma once

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/jira/connection.h"
#include "common/net/http_client.h"

namespace tajo::jira {

inline net::HttpResponse Answer(int status, std::string body,
                                std::vector<std::pair<std::string, std::string>> headers = {}) {
  net::HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  for (auto& [name, value] : headers) response.headers.Add(std::move(name), std::move(value));
  return response;
}

// Answers in order and keeps what was sent; a call without an answer left fails loudly.
class ScriptedHttp final : public net::HttpClient {
 public:
  base::Task<absl::StatusOr<net::HttpResponse>> Send(net::HttpRequest request) override {
    sent.push_back(std::move(request));
    if (answers.empty()) co_return absl::InternalError("the script has no further answer");
    auto answer = std::move(answers.front());
    answers.pop_front();
    co_return answer;
  }

  std::deque<absl::StatusOr<net::HttpResponse>> answers;
  std::vector<net::HttpRequest> sent;
};

class ScriptedConnection final : public Connection {
 public:
  base::Task<absl::StatusOr<net::HttpResponse>> Send(Request request) override {
    sent.push_back(std::move(request));
    if (answers.empty()) co_return absl::InternalError("the script has no further answer");
    auto answer = std::move(answers.front());
    answers.pop_front();
    co_return answer;
  }

  void Settle(int more) override { settled += more; }

  std::deque<absl::StatusOr<net::HttpResponse>> answers;
  std::vector<Request> sent;
  int settled = 0;
};

}  // namespace tajo::jira
