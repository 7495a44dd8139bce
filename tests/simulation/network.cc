#include "tests/simulation/network.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <optional>
#include <utility>

#include "common/base/error.h"
#include "common/net/method_name.h"
#include "common/net/url.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::simulation {
namespace {

using boost::asio::experimental::awaitable_operators::operator||;
using Answer = absl::StatusOr<net::HttpResponse>;

// A request as a server sees it.
class Arrived final : public net::ServerRequest {
 public:
  Arrived(const net::HttpRequest& request, const net::Url& url) : request_(request), url_(url), host_(url.host) {}

  std::string_view Method() const override { return net::MethodName(request_.method); }
  std::string_view Target() const override { return target_; }
  std::string_view Path() const override { return url_.path; }
  std::string_view Query() const override { return url_.query; }
  std::string_view Body() const override { return request_.body; }
  std::optional<std::string_view> Header(std::string_view name) const override {
    if (name == "host" || name == "Host") return host_;
    return request_.headers.Find(name);
  }
  std::string Remote() const override { return "192.0.2.1:40000"; }

 private:
  const net::HttpRequest& request_;
  const net::Url& url_;
  const std::string host_;
  const std::string target_ = url_.path + (url_.query.empty() ? "" : "?" + url_.query);
};

Answer Ambiguous(std::string_view why) {
  return base::Error(jira::v1::UPSTREAM_AMBIGUOUS, fmt::format("simulated: {}", why));
}

net::HttpResponse Page(int status) {
  net::HttpResponse page;
  page.status = status;
  page.headers.Add("Content-Type", "text/html");
  page.body = "<html><head><title>Bad Gateway</title></head><body>nginx</body></html>";
  return page;
}

Answer RateLimited(const std::string& host) {
  net::HttpResponse response;
  response.status = 429;
  response.headers.Add("Content-Type", "application/json");
  if (host.starts_with("jira")) {
    response.headers.Add("Retry-After", "2");
    response.headers.Add("RateLimit-Reason", "jira-burst-based");
    response.body = R"({"errorMessages":["Rate limit exceeded."],"errors":{}})";
  } else {
    response.body = R"({"code":"too_many_requests","message":"Too many requests"})";
  }
  return response;
}

}  // namespace

struct Network::Fate {
  enum class Kind { kGood, kRefused, kLost, kAnswerLost, kError, kProxyError, kRateLimited, kGarbled };
  Kind kind = Kind::kGood;
  base::Duration there{};
  base::Duration back{};
  int status = 0;
};

// Shared by the request on its way and whoever waits for it, who may be gone first.
struct Network::Journey {
  Journey(boost::asio::io_context& context, Fate its_fate)
      : fate(its_fate), bell(context, boost::asio::steady_timer::time_point::max()) {}
  const Fate fate;
  std::optional<Answer> end;
  boost::asio::steady_timer bell;
};

Network::Fate Network::Draw(const net::HttpRequest& request) {
  using Kind = Fate::Kind;
  Weather& weather = around_.weather;
  Fate fate;
  fate.there = around_.Between(weather.fastest, weather.slowest);
  fate.back = around_.Between(weather.fastest, weather.slowest);
  if (around_.Happens(weather.slow)) fate.there = around_.Between(fate.there, request.timeout);
  if (around_.Happens(weather.refused)) {
    fate.kind = Kind::kRefused;
  } else if (around_.Happens(weather.lost)) {
    fate.kind = Kind::kLost;
  } else if (around_.Happens(weather.answer_lost)) {
    fate.kind = Kind::kAnswerLost;
  } else if (around_.Happens(weather.server_error)) {
    fate.kind = Kind::kError;
    fate.status = around_.Happens(0.5) ? 503 : around_.Happens(0.5) ? 500 : 502;
  } else if (around_.Happens(weather.proxy_error)) {
    fate.kind = Kind::kProxyError;
    fate.status = around_.Happens(0.5) ? 504 : 502;
  } else if (around_.Happens(weather.rate_limited)) {
    fate.kind = Kind::kRateLimited;
  } else if (around_.Happens(weather.garbled)) {
    fate.kind = Kind::kGarbled;
  }
  fate.there = std::min<base::Duration>(fate.there, request.timeout);
  return fate;
}

base::Task<Answer> Network::Arrive(const net::HttpRequest& request, const Fate& fate) {
  const auto url = net::ParseUrl(request.url);
  const auto host = url.ok() ? hosts_.find(url->host) : hosts_.end();
  if (host == hosts_.end()) co_return base::Error(jira::v1::UPSTREAM_UNREACHABLE, "simulated: no such host");
  if (fate.kind == Fate::Kind::kError) co_return Page(fate.status);
  if (fate.kind == Fate::Kind::kRateLimited) co_return RateLimited(url->host);
  if (watcher_) watcher_(url->host, request);
  const Arrived arrived(request, *url);
  net::ServerResponse answer = co_await host->second(arrived);
  if (answer.reset_after_bytes) co_return Ambiguous("broken off");
  if (fate.kind == Fate::Kind::kAnswerLost) co_return Ambiguous("the answer was lost");
  if (fate.kind == Fate::Kind::kProxyError) co_return Page(fate.status);
  net::HttpResponse response;
  response.status = answer.status;
  response.headers = std::move(answer.headers);
  response.body = std::move(answer.body);
  if (fate.kind == Fate::Kind::kGarbled) response.body.resize(response.body.size() / 2);
  co_return response;
}

base::Task<void> Network::Travel(std::shared_ptr<Journey> journey, std::string who, net::HttpRequest request) {
  struct UnderWay {
    std::size_t& count;
    ~UnderWay() { --count; }
  };
  ++under_way_;
  const UnderWay under_way{under_way_};
  const Fate fate = journey->fate;
  co_await around_.clock.Sleep(fate.there);
  Answer answer = base::Error(jira::v1::UPSTREAM_UNREACHABLE, "simulated: connection refused");
  if (fate.kind == Fate::Kind::kLost) {
    answer = Ambiguous("the request was lost");
  } else if (fate.kind != Fate::Kind::kRefused) {
    try {
      answer = co_await Arrive(request, fate);
    } catch (const boost::system::system_error&) {
      answer = Ambiguous("the server died");
    }
  }
  around_.trace.Add(who,
                    fmt::format("{} {} [{}] -> {}", net::MethodName(request.method), request.url, request.body.size(),
                                answer.ok() ? fmt::format("{} [{}]", answer->status, answer->body.size())
                                            : std::string(answer.status().message())));
  co_await around_.clock.Sleep(fate.back);
  if (!journey->end) journey->end = std::move(answer);
  journey->bell.cancel();
}

base::Task<Answer> Network::Exchange(std::string who, net::HttpRequest request) {
  const auto timeout = request.timeout;
  Fate fate = Draw(request);
  auto journey = std::make_shared<Journey>(around_.context, fate);
  boost::asio::co_spawn(around_.context, Travel(journey, std::move(who), std::move(request)), boost::asio::detached);
  const auto ends = [](std::shared_ptr<Journey> its) -> base::Task<void> {
    boost::system::error_code rung;
    if (!its->end) co_await its->bell.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, rung));
  };
  co_await (ends(journey) || around_.clock.Sleep(timeout));
  if (!journey->end) journey->end = Ambiguous("no answer in time");
  co_return *std::move(journey->end);
}

base::Task<Answer> ProcessHttp::Send(net::HttpRequest request) {
  co_await process_.Gate();
  std::string who = process_.Name();
  auto answer = co_await network_.Exchange(std::move(who), std::move(request));
  co_await process_.Gate();
  co_return answer;
}

}  // namespace tajo::simulation
