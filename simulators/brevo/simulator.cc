#include "simulators/brevo/simulator.h"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/net/curl_client.h"
#include "simulators/brevo/endpoints.h"

namespace tajo::brevo_sim {
namespace {

constexpr std::size_t kRowsATurn = 200;
constexpr std::size_t kLargeBody = 100'000;
constexpr std::size_t kWhole = std::numeric_limits<int32_t>::max();

Bucket BucketOf(const Call& call, const Options& options) {
  if (call.raw_path.starts_with("/contacts")) return Bucket::kContacts;
  if (call.method == "POST" && call.raw_path == "/events") return Bucket::kEvents;
  if (call.method == "POST" && call.raw_path == "/events/batch") {
    return options.batch_bucket == BatchBucket::kEvents ? Bucket::kEvents : Bucket::kOther;
  }
  return Bucket::kOther;
}

// The path with ids and identifiers taken out, for counting.
std::string Template(const Call& call) {
  std::string result = call.method;
  result += ' ';
  const auto& segments = call.segments;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const bool contact = i == 1 && segments[0] == "contacts" && segments.size() == 2 && segments[1] != "lists" &&
                         segments[1] != "attributes" && segments[1] != "import" && segments[1] != "batch" &&
                         segments[1] != "folders";
    const bool name = i == 3 && segments[1] == "attributes";
    result += contact ? "/{identifier}" : name ? "/{name}" : ToId(segments[i]) ? "/{id}" : "/" + segments[i];
  }
  return result;
}

// A shape of JSON that an endpoint didn't expect throws in nlohmann's accessors.
template <class Work>
net::ServerResponse Guarded(Work work) {
  try {
    return work();
  } catch (const nlohmann::json::exception& error) {
    return Error(400, "bad_request", error.what());
  }
}

}  // namespace

Simulator::Simulator(Options options, base::Clock& clock)
    : options_(std::move(options)), clock_(clock), faults_(options_.seed) {
  for (const std::string& key : options_.api_keys) Open(key);
}

Account& Simulator::Open(const std::string& key) {
  auto& account = accounts_[key];
  if (account == nullptr) account = std::make_unique<Account>(key, options_);
  return *account;
}

Account* Simulator::Authenticate(const net::ServerRequest& request, std::optional<net::ServerResponse>& refused) {
  const auto key = request.Header("api-key");
  if (!key || key->empty()) {
    refused = Error(401, "unauthorized", "authentication not found in headers");
    return nullptr;
  }
  auto found = accounts_.find(std::string(*key));
  if (found == accounts_.end() && options_.api_keys.empty() && key->starts_with("xkeysib-")) {
    Open(std::string(*key));
    found = accounts_.find(std::string(*key));
  }
  if (found == accounts_.end()) {
    refused = Error(401, "unauthorized", "Key not found");
    return nullptr;
  }
  switch (found->second->mode) {
    case AccountMode::kIpBlocked:
      refused = Error(401, "unauthorized",
                      "We have detected you are using an unrecognised IP address 203.0.113.7. If you performed this "
                      "action make sure to add the new IP address in this link: "
                      "https://app.brevo.com/security/authorised_ips");
      return nullptr;
    case AccountMode::kNoCredits:
      if (request.Method() != "GET") {
        refused = Error(402, "not_enough_credits", "You don't have enough credits");
        return nullptr;
      }
      break;
    case AccountMode::kUnderValidation:
      refused = Error(403, "account_under_validation", "Your account is under validation");
      return nullptr;
    case AccountMode::kOk:
      break;
  }
  return found->second.get();
}

std::optional<net::ServerResponse> Simulator::CountCall(Account& account, const Call& call, net::Headers& headers) {
  const auto count = account.limits.Take(BucketOf(call, options_), clock_.Monotonic());
  if (!count) return std::nullopt;
  headers.Add("x-sib-ratelimit-limit", std::to_string(count->limit));
  headers.Add("x-sib-ratelimit-remaining", std::to_string(count->remaining));
  headers.Add("x-sib-ratelimit-reset", std::to_string(count->reset_seconds));
  if (!count->exceeded) return std::nullopt;
  violations_.Add("rate_limited", Template(call));
  // Brevo's own text isn't known; there is no Retry-After.
  return Error(429, "too_many_requests", "Too many requests");
}

net::ServerResponse Simulator::Dispatch(Account& account, const Call& call) {
  Scene scene{account, call, violations_, options_};
  const auto& segments = call.segments;
  const std::string& method = call.method;
  const std::string_view first = segments.empty() ? std::string_view() : segments[0];
  if (first == "account" && method == "GET") return OwnAccount(scene);
  if (first == "webhooks") return Webhooks(scene);
  if (first == "emailCampaigns") return Campaigns(scene);
  if (first == "processes" && method == "GET") return Processes(scene);
  if (first == "events" && segments.size() == 1) return method == "POST" ? CreateEvent(scene) : ListEvents(scene);
  if (first == "events" && segments.size() == 2 && segments[1] == "batch" && method == "POST") {
    return CreateEvents(scene);
  }
  if (first == "contacts") {
    if (segments.size() == 1) return method == "POST" ? CreateContact(scene) : ListContacts(scene, std::nullopt);
    if (segments[1] == "attributes") return Attributes(scene);
    if (segments[1] == "lists") return Lists(scene);
    if (segments[1] == "folders") return Folders(scene);
    if (segments[1] == "import" && method == "POST") return StartImport(scene);
    if (segments[1] == "batch") {
      violations_.Add("contacts_batch", "POST /contacts/batch is gone since 2026-10-30");
      return Error(410, "method_not_allowed", "This endpoint has been removed, use /contacts/import");
    }
    if (segments.size() == 2) return OneContact(scene, segments[1]);
  }
  violations_.Add("unknown_endpoint", Template(call));
  return Error(404, "document_not_found", "Route does not exist");
}

std::vector<Delivery> Simulator::Told(Account& account, const Call& call) {
  if (call.method != "DELETE" || call.segments.size() != 2 || call.segments[0] != "contacts") return {};
  Contact* contact = account.FindByEmail(call.segments[1]);
  if (contact == nullptr) return {};
  return DeliveriesFor(account, "contactDeleted", *contact, call.now_ms);
}

net::ServerResponse Simulator::File(const Call& call) {
  // _files, account, process, kind.csv
  if (call.segments.size() != 4 || !call.segments[3].ends_with(".csv")) return Empty(404);
  for (const auto& [key, account] : accounts_) {
    if (fmt::format("{:x}", std::hash<std::string>()(key)) != call.segments[1]) continue;
    return ResultFile(*account, ToId(call.segments[2]).value_or(0),
                      call.segments[3].substr(0, call.segments[3].size() - 4));
  }
  return Empty(404);
}

// In turns, so that an account's large import holds up no other account.
base::Task<void> Simulator::EndImports(Account& account, int64_t now_ms) {
  while (AdvanceImports(account, now_ms, options_.import_delay_ms, kRowsATurn, violations_)) {
    co_await boost::asio::post(co_await boost::asio::this_coro::executor, boost::asio::use_awaitable);
  }
}

// By a thread of its own, for the same reason.
base::Task<std::shared_ptr<nlohmann::json>> Simulator::Parse(std::string_view body) {
  if (!parser_) parser_.emplace(1);
  const auto parse = [](std::string_view text) -> boost::asio::awaitable<std::shared_ptr<nlohmann::json>> {
    co_return std::make_shared<nlohmann::json>(nlohmann::json::parse(text, nullptr, false));
  };
  co_return co_await boost::asio::co_spawn(*parser_, parse(body), boost::asio::use_awaitable);
}

base::Task<net::ServerResponse> Simulator::Handle(const net::ServerRequest& request) {
  Call call = TakeApart(request);
  call.now_ms = base::ToMillis(clock_.Now());
  if (call.raw_path.starts_with("/_control/")) {
    for (auto& [key, account] : accounts_) {
      AdvanceImports(*account, call.now_ms, options_.import_delay_ms, kWhole, violations_);
    }
    if (call.method == "POST" && call.segments.size() == 3 && call.segments[1] == "contacts") {
      co_return co_await ControlPerson(std::move(call));
    }
    co_return Guarded([&] { return Control(call); });
  }
  if (call.raw_path.starts_with("/_files/")) {
    if (request.Header("api-key")) violations_.Add("key_sent_elsewhere", "the API key went to a result file's host");
    const Fault fault = faults_.Draw(call.method, call.raw_path);
    co_return fault.kind == FaultKind::kStatus ? Empty(fault.status) : File(call);
  }
  std::optional<net::ServerResponse> refused;
  Account* account = Authenticate(request, refused);
  if (account != nullptr) co_await EndImports(*account, call.now_ms);
  net::Headers headers;
  if (account != nullptr) refused = CountCall(*account, call, headers);
  const Fault fault = refused ? Fault{} : faults_.Draw(call.method, call.raw_path);
  if (fault.delay_ms > 0) co_await clock_.Sleep(std::chrono::milliseconds(fault.delay_ms));
  net::ServerResponse response;
  if (refused) {
    response = *std::move(refused);
  } else if (fault.kind == FaultKind::kStatus) {
    response = Error(fault.status, fault.code, fault.message.empty() ? "Injected fault" : fault.message);
  } else if (fault.kind == FaultKind::kReset) {
    response.reset_after_bytes = 0;
  } else if (fault.kind == FaultKind::kHtml) {
    response.status = fault.status;
    response.headers.Add("content-type", "text/html");
    response.body = "<html><head><title>Bad Gateway</title></head><body>nginx</body></html>";
  } else {
    if (call.body.size() > kLargeBody) call.parsed = co_await Parse(call.body);
    std::vector<Delivery> told = Told(*account, call);
    response = Guarded([&] { return Dispatch(*account, call); });
    if (response.status == 204 && !told.empty() && deliveries_ != nullptr) {
      deliveries_->SendInBackground(co_await boost::asio::this_coro::executor, std::move(told));
    }
    // An import that was just started begins at once.
    co_await EndImports(*account, call.now_ms);
    if (fault.kind == FaultKind::kDropAfterEffect) response.reset_after_bytes = 0;
    if (fault.kind == FaultKind::kTruncate) response.reset_after_bytes = response.body.size() / 2;
  }
  for (const auto& [name, value] : headers.Fields()) response.headers.Add(name, value);
  ++answers_[Template(call)][response.status];
  co_return response;
}

RunningSimulator::RunningSimulator(Options options, base::Clock& clock)
    : simulator_(std::make_unique<Simulator>(std::move(options), clock)), loops_(std::make_unique<net::LoopPool>(1)) {}

RunningSimulator::~RunningSimulator() {
  if (server_ == nullptr) return;
  auto drained = boost::asio::co_spawn(loops_->At(0).Context(), server_->Drain(std::chrono::milliseconds(200)),
                                       boost::asio::use_future);
  drained.wait();
  server_.reset();
  std::promise<void> gone;
  boost::asio::post(loops_->At(0).Context(), [this, &gone] {
    client_.reset();
    gone.set_value();
  });
  gone.get_future().wait();
}

absl::StatusOr<std::unique_ptr<RunningSimulator>> RunningSimulator::Start(Options options, base::Clock& clock) {
  net::ServerOptions server_options;
  server_options.listen = options.listen;
  std::unique_ptr<RunningSimulator> running(new RunningSimulator(std::move(options), clock));
  Simulator* simulator = running->simulator_.get();
  net::CurlOptions curl;
  curl.allow_insecure = true;
  running->client_ = net::MakeCurlClient(running->loops_->At(0).Context(), curl);
  running->deliveries_ = std::make_unique<Deliveries>(*running->client_, clock);
  simulator->SendWith(*running->deliveries_);
  auto server =
      net::HttpServer::Start(*running->loops_, server_options,
                             [simulator](const net::ServerRequest& request) { return simulator->Handle(request); });
  if (!server.ok()) return server.status();
  running->server_ = *std::move(server);
  return running;
}

std::string RunningSimulator::Url() const {
  return fmt::format("http://127.0.0.1:{}", Port());
}

}  // namespace tajo::brevo_sim
