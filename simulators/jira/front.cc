#include "simulators/jira/front.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <exception>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/base/error.h"
#include "common/net/url.h"
#include "simulators/jira/access.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::jira_sim {
namespace {

constexpr std::string_view kGateway = "/ex/jira/";
constexpr std::string_view kControl = "/_control/";
constexpr std::string_view kRest = "/rest/";

Answer RateLimited(const Faults::Fault& fault) {
  Answer answer = Refusal(429, "Rate limit exceeded.");
  if (fault.retry_after_s >= 0) answer.headers.Add("Retry-After", std::to_string(fault.retry_after_s));
  answer.headers.Add("RateLimit-Reason", fault.reason);
  answer.headers.Add("X-RateLimit-Remaining", "0");
  return answer;
}

struct RestPath {
  std::string path;  // without /rest and without the version of the platform API
  int api = 3;
};

RestPath Unversioned(std::string_view path) {
  RestPath out{.path = std::string(path.substr(std::min(path.size(), kRest.size() - 1)))};
  for (const std::string_view version : {"/api/2/", "/api/3/", "/api/latest/"}) {
    if (!out.path.starts_with(version)) continue;
    out.api = version == "/api/2/" ? 2 : 3;
    out.path.replace(0, version.size(), "/api/");
    break;
  }
  return out;
}

Answer HtmlPage(int status) {
  Answer answer;
  answer.status = status;
  answer.headers.Add("Content-Type", "text/html");
  answer.body =
      "<!DOCTYPE html><html><head><title>Atlassian</title></head><body><h1>Something went wrong</h1></body></html>";
  return answer;
}

Call Read(const net::ServerRequest& request) {
  Call call;
  call.method = std::string(request.Method());
  call.path = std::string(request.Path());
  call.query = net::ParseQuery(request.Query());
  call.body = request.Body();
  call.authorization = std::string(request.Header("Authorization").value_or(""));
  call.content_type = std::string(request.Header("Content-Type").value_or(""));
  return call;
}

}  // namespace

Front::Front(Options options, base::Clock& clock, std::unique_ptr<Zone> zone)
    : site_(std::move(options), clock, std::move(zone)) {
  AddSearchRoutes(rest_);
  AddIssueRoutes(rest_);
  AddHistoryRoutes(rest_);
  AddCatalogueRoutes(rest_);
  AddPeopleRoutes(rest_);
  AddWorklogRoutes(rest_);
  AddAgileRoutes(rest_);
  AddWebhookRoutes(rest_);
  AddOauthRoutes(outer_);
  AddPrivacyRoutes(outer_);
  AddControlRoutes(outer_);
}

absl::StatusOr<std::unique_ptr<Front>> Front::Make(Options options, base::Clock& clock) {
  std::unique_ptr<Zone> zone = Zone::Load(options.time_zone);
  if (zone == nullptr) {
    return base::FieldError(jira::v1::CONFIG_INVALID, "time-zone", "isn't a zone that this machine knows");
  }
  return std::unique_ptr<Front>(new Front(std::move(options), clock, std::move(zone)));
}

void Front::SendBy(boost::asio::io_context& context, net::HttpClient& client) {
  site_.deliveries =
      std::make_unique<Deliveries>(context, client, site_.clock, site_.random, site_.faults, site_.options.retry_base);
  site_.spawn = [this, &context](base::Task<void> task) {
    ++background_;
    boost::asio::co_spawn(context, std::move(task), [this](const std::exception_ptr&) { --background_; });
  };
}

void Front::ServeAt(std::string own_url) {
  site_.own_url = std::move(own_url);
  site_.webhooks.SendWith(*site_.deliveries, site_.SiteUrl());
}

base::Task<void> Front::Wind() {
  site_.play.Stop();
  site_.deliveries->Stop();
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
  while (background_ > 0 || !site_.deliveries->IsIdle()) {
    timer.expires_after(std::chrono::milliseconds(1));
    co_await timer.async_wait(boost::asio::use_awaitable);
  }
  // Its client may be about to go.
  site_.deliveries.reset();
}

base::Task<Answer> Front::Handle(const net::ServerRequest& request) {
  Call call = Read(request);
  std::optional<Faults::Fault> fault;
  if (!call.path.starts_with(kControl)) fault = site_.faults.TakeFor(call.method, call.path);
  if (!fault) co_return Serve(call);
  Answer answer;
  switch (fault->kind) {
    case Faults::Kind::kSlow:
      // The call has come, and counts; its answer takes its time.
      answer = Serve(call);
      co_await site_.clock.Sleep(std::chrono::milliseconds(fault->delay_ms));
      break;
    case Faults::Kind::kStatus:
      answer = Refusal(fault->status, "Simulated fault.");
      break;
    case Faults::Kind::kRateLimit:
      answer = RateLimited(*fault);
      site_.limits.Pause(fault->reason, call, PatternOf(call), fault->retry_after_s, site_.Now());
      break;
    case Faults::Kind::kHtml:
      answer = HtmlPage(fault->status);
      break;
    case Faults::Kind::kReset:
      answer.reset_after_bytes = 0;
      break;
    case Faults::Kind::kDropAfterEffect:
      answer = Serve(call);
      answer.reset_after_bytes = 0;
      break;
    default:
      answer = Serve(call);
      answer.reset_after_bytes = answer.body.size() / 2;
      break;
  }
  co_return answer;
}

Answer Front::Serve(Call& call) {
  call.style.zone = site_.zone.get();
  if (const Router::Match match = outer_.Find(call.method, call.path); match.route != nullptr) {
    call.parameters = match.parameters;
    call.style.base = site_.SiteUrl();
    try {
      return match.route->handler(site_, call);
    } catch (const nlohmann::json::exception&) {
      return JsonAnswer(400, R"({"error":"a value has the wrong type"})");
    }
  }
  call.style.base = site_.SiteUrl();
  if (call.path.starts_with(kGateway)) {
    const std::size_t end = std::min(call.path.find('/', kGateway.size()), call.path.size());
    const std::string cloud = call.path.substr(kGateway.size(), end - kGateway.size());
    if (cloud != site_.options.cloud_id) return GatewayRefusal(404, "No message available");
    call.gateway = true;
    call.style.base = site_.OwnUrl() + call.path.substr(0, end);
    call.path.erase(0, end);
  }
  return ServeRest(call);
}

std::string_view Front::PatternOf(const Call& call) const {
  std::string path = call.path;
  if (path.starts_with(kGateway)) path.erase(0, std::min(path.find('/', kGateway.size()), path.size()));
  const Router::Match match = rest_.Find(call.method, Unversioned(path).path);
  return match.route == nullptr ? std::string_view("other") : match.route->pattern;
}

Answer Front::ServeRest(Call& call) {
  if (!call.path.starts_with(kRest)) return HtmlPage(404);
  const auto [path, api] = Unversioned(call.path);
  call.style.api = api;
  const Router::Match match = rest_.Find(call.method, path);
  if (match.route == nullptr) {
    site_.violations.Count("endpoint_unknown", call.method + " " + call.path);
    if (match.path_known) return Refusal(405, "Method Not Allowed");
    Answer answer = JsonAnswer(404, R"({"message":"null for uri","status-code":404})");
    return answer;
  }
  call.parameters = match.parameters;
  call.pattern = match.route->pattern;
  if (auto refused = CheckAccess(site_, call, match.route->traits)) return *std::move(refused);
  if (auto refused = site_.limits.Admit(call, call.pattern, site_.Now())) return *std::move(refused);
  Answer answer = match.route->handler(site_, call);
  site_.limits.Charge(call, answer, site_.Now());
  return answer;
}

}  // namespace tajo::jira_sim
