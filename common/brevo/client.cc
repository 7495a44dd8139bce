#include "common/brevo/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "common/base/error.h"
#include "common/brevo/client_request.h"
#include "common/brevo/errors.h"
#include "common/retry/retry.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::brevo {
namespace {

namespace v1 = ::tajo::jira::v1;

std::optional<double> Number(const net::Headers& headers, std::string_view name) {
  const auto text = headers.Find(name);
  if (!text) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc() || value < 0) return std::nullopt;
  return value;
}

// Some endpoints send none of these headers.
base::Task<void> Observe(Governor& governor, Family family, const net::Headers& headers) {
  const auto limit = Number(headers, "x-sib-ratelimit-limit");
  const auto remaining = Number(headers, "x-sib-ratelimit-remaining");
  const auto reset = Number(headers, "x-sib-ratelimit-reset");
  if (limit && remaining && reset) co_await governor.Observe(family, *limit, *remaining, *reset);
}

// After a 429 that doesn't say how long: as long as the family needs to gain some calls.
std::chrono::milliseconds DefaultPause(Family family) {
  return GeneralPlan(family).period > std::chrono::seconds(1) ? std::chrono::seconds(60) : std::chrono::seconds(1);
}

// What the retry loop has to see as an error. All else is for the call to read.
bool EndsTry(int status) {
  return status == 401 || status == 402 || status == 403 || status == 408 || status == 425 || status == 429 ||
         status >= 500 || status < 200 || (status >= 300 && status < 400);
}

}  // namespace

Client::Client(net::HttpClient& http, ClientOptions options, Governor& governor, base::Clock& clock,
               base::Random& random, Observer* observer)
    : http_(http),
      options_(std::move(options)),
      governor_(governor),
      clock_(clock),
      random_(random),
      observer_(observer) {
  while (options_.base_url.ends_with('/')) options_.base_url.pop_back();
}

base::Task<absl::StatusOr<net::HttpResponse>> Client::Exchange(Request request) {
  retry::RetryPolicy policy;
  policy.max_attempts = options_.max_attempts;
  policy.backoff.base = std::chrono::milliseconds(500);
  const auto idempotency =
      request.repeat == Repeat::kAllowed ? retry::Idempotency::kIdempotent : retry::Idempotency::kNotIdempotent;
  const auto once = [this, &request] { return Once(request); };
  auto tries = retry::Retry(clock_, random_, std::move(policy), idempotency, request.endpoint, once);
  auto response = co_await std::move(tries);
  co_return response;
}

base::Task<absl::StatusOr<net::HttpResponse>> Client::Once(const Request& request) {
  absl::Status allowed = co_await governor_.Acquire(request.family, request.lane);
  if (!allowed.ok()) co_return allowed;

  net::HttpRequest message;
  message.method = request.method;
  message.url = options_.base_url + request.path;
  message.headers.Add("api-key", options_.api_key.Reveal());
  message.headers.Add("accept", "application/json");
  if (!request.body.empty()) {
    message.headers.Add("content-type", "application/json");
    message.body = request.body;
  }
  message.timeout = options_.timeout;

  const base::MonotonicTime begin = clock_.Monotonic();
  auto response = co_await http_.Send(std::move(message));
  if (observer_ != nullptr) {
    observer_->OnCall(
        {request.endpoint, request.family, response.ok() ? response->status : 0, clock_.Monotonic() - begin});
  }
  if (!response.ok()) co_return response.status();
  co_await Observe(governor_, request.family, response->headers);
  if (!EndsTry(response->status)) co_return response;

  absl::Status error = ErrorFrom(*response, request.endpoint);
  if (base::ReasonOf(error) == v1::BREVO_RATE_LIMITED) {
    const int64_t said = base::RetryAfterMillis(error);
    const std::chrono::milliseconds pause = said > 0 ? std::chrono::milliseconds(said) : DefaultPause(request.family);
    co_await governor_.Pause(request.family, pause);
    error = base::WithRetryAfter(std::move(error), pause.count());
  }
  co_return error;
}

}  // namespace tajo::brevo
