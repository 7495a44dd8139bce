#include "simulators/jira/simulator.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <exception>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/base/error.h"
#include "common/net/curl_client.h"
#include "common/net/url.h"
#include "simulators/jira/access.h"
#include "simulators/jira/router.h"
#include "simulators/jira/site.h"
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

}  // namespace

class Simulator::Core {
 public:
  Core(Options options, base::Clock& clock, std::unique_ptr<Zone> zone)
      : loops_(1), site_(std::move(options), clock, std::move(zone)) {
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

  absl::Status Listen() {
    net::ServerOptions serving;
    serving.listen = site_.options.listen;
    boost::asio::io_context& context = loops_.At(0).Context();
    net::CurlOptions curl;
    curl.allow_insecure = true;
    client_ = net::MakeCurlClient(context, curl);
    site_.deliveries = std::make_unique<Deliveries>(context, *client_, site_.clock, site_.random, site_.faults,
                                                    site_.options.retry_base);
    site_.spawn = [this, &context](base::Task<void> task) {
      ++background_;
      boost::asio::co_spawn(context, std::move(task), [this](const std::exception_ptr&) { --background_; });
    };
    auto server = net::HttpServer::Start(loops_, std::move(serving),
                                         [this](const net::ServerRequest& request) { return Handle(request); });
    if (!server.ok()) return server.status();
    server_ = *std::move(server);
    site_.own_url = fmt::format("http://127.0.0.1:{}", server_->Port());
    site_.webhooks.SendWith(*site_.deliveries, site_.SiteUrl());
    return absl::OkStatus();
  }

  void Stop() {
    if (!server_) return;
    boost::asio::co_spawn(loops_.At(0).Context(), Wind(), boost::asio::use_future).wait();
  }

  uint16_t Port() const { return server_->Port(); }
  const std::string& Url() const { return site_.own_url; }

 private:
  base::Task<Answer> Handle(const net::ServerRequest& request);
  // Ends requests, webhooks and plays.
  base::Task<void> Wind();
  Answer Serve(Call& call);
  Answer ServeRest(Call& call);
  static Call Read(const net::ServerRequest& request);
  // The endpoint that a request is for, as limits count it.
  std::string_view PatternOf(const Call& call) const;

  int background_ = 0;  // tasks of `site_.spawn` that run
  net::LoopPool loops_;
  std::unique_ptr<net::HttpClient> client_;
  Site site_;
  Router rest_;
  Router outer_;
  std::unique_ptr<net::HttpServer> server_;
};

Call Simulator::Core::Read(const net::ServerRequest& request) {
  Call call;
  call.method = std::string(request.Method());
  call.path = std::string(request.Path());
  call.query = net::ParseQuery(request.Query());
  call.body = request.Body();
  call.authorization = std::string(request.Header("Authorization").value_or(""));
  call.content_type = std::string(request.Header("Content-Type").value_or(""));
  return call;
}

base::Task<void> Simulator::Core::Wind() {
  co_await server_->Drain(std::chrono::milliseconds(500));
  site_.play.Stop();
  site_.deliveries->Stop();
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
  while (background_ > 0 || !site_.deliveries->IsIdle()) {
    timer.expires_after(std::chrono::milliseconds(1));
    co_await timer.async_wait(boost::asio::use_awaitable);
  }
  // The client belongs to this thread.
  site_.deliveries.reset();
  client_.reset();
}

base::Task<Answer> Simulator::Core::Handle(const net::ServerRequest& request) {
  Call call = Read(request);
  std::optional<Faults::Fault> fault;
  if (!call.path.starts_with(kControl)) fault = site_.faults.TakeFor(call.method, call.path);
  if (fault && fault->kind == Faults::Kind::kSlow) {
    co_await site_.clock.Sleep(std::chrono::milliseconds(fault->delay_ms));
    fault.reset();
  }
  if (!fault) co_return Serve(call);
  Answer answer;
  switch (fault->kind) {
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

Answer Simulator::Core::Serve(Call& call) {
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

std::string_view Simulator::Core::PatternOf(const Call& call) const {
  std::string path = call.path;
  if (path.starts_with(kGateway)) path.erase(0, std::min(path.find('/', kGateway.size()), path.size()));
  const Router::Match match = rest_.Find(call.method, Unversioned(path).path);
  return match.route == nullptr ? std::string_view("other") : match.route->pattern;
}

Answer Simulator::Core::ServeRest(Call& call) {
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

absl::StatusOr<std::unique_ptr<Simulator>> Simulator::Start(Options options, base::Clock& clock) {
  std::unique_ptr<Zone> zone = Zone::Load(options.time_zone);
  if (zone == nullptr) {
    return base::FieldError(jira::v1::CONFIG_INVALID, "time-zone", "isn't a zone that this machine knows");
  }
  auto core = std::make_unique<Core>(std::move(options), clock, std::move(zone));
  TAJO_RETURN_IF_ERROR(core->Listen());
  return std::unique_ptr<Simulator>(new Simulator(std::move(core)));
}

Simulator::Simulator(std::unique_ptr<Core> core) : core_(std::move(core)) {}
Simulator::~Simulator() {
  core_->Stop();
}
uint16_t Simulator::Port() const {
  return core_->Port();
}
std::string Simulator::Url() const {
  return core_->Url();
}

}  // namespace tajo::jira_sim
