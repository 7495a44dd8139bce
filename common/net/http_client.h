#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/task.h"

namespace tajo::net {

enum class Method { kGet, kPost, kPut, kPatch, kDelete };

// Headers in the order sent; names compare without regard to case.
class Headers {
 public:
  void Add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  // The first value of that name.
  std::optional<std::string_view> Find(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& Fields() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

struct HttpRequest {
  Method method = Method::kGet;
  std::string url;
  Headers headers;
  std::string body;
  std::chrono::milliseconds timeout{30'000};  // from Send to the last byte
  std::size_t max_response_bytes = 64u << 20;
};

struct HttpResponse {
  int status = 0;
  Headers headers;
  std::string body;

  bool Succeeded() const { return status >= 200 && status < 300; }
};

// Sends requests. Any complete HTTP answer is a success, whatever its status; errors are
// UPSTREAM_UNREACHABLE, UPSTREAM_TLS_FAILED (nothing was sent), UPSTREAM_AMBIGUOUS (the other side
// may have acted), UPSTREAM_RESPONSE_TOO_LARGE, UPSTREAM_INSECURE (http:// is not allowed here) and
// REQUEST_INVALID (the URL or a header can't be sent).
// A request leaves at most once, also on a connection that closed while it was reused: whether it may be
// repeated, and what limit that counts towards, is for the caller to know.
// Used from the one loop it was made for; calls may overlap. A cancelled Send ends by
// boost::system::system_error; whether the request had left is then unknown.
class HttpClient {
 public:
  virtual ~HttpClient() = default;
  virtual base::Task<absl::StatusOr<HttpResponse>> Send(HttpRequest request) = 0;
};

}  // namespace tajo::net
