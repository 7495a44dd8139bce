#include "common/redis/cluster.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "common/redis/connection.h"
#include "common/redis/refusal.h"
#include "common/redis/script_call.h"
#include "common/redis/slot.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::redis {
namespace {

namespace asio = boost::asio;
namespace v1 = ::tajo::jira::v1;

// As in Redis's own clients: more redirections than this mean a cluster that disagrees with itself.
constexpr int kMaxAttempts = 6;
constexpr std::chrono::milliseconds kSettle{50};  // before a command that found no owner tries again

class ClusterClient final : public Client {
 public:
  ClusterClient(asio::io_context& loop, const base::Clock& clock, base::Random& random, Options options, Url url)
      : loop_(loop), state_(std::make_shared<State>(loop, clock, random, std::move(options), std::move(url))) {}

  // On the loop, or with the loop's queue if it never runs again.
  ~ClusterClient() override {
    asio::dispatch(loop_, [end = std::make_unique<End>(state_)] {});
  }

  base::Task<absl::StatusOr<Reply>> Execute(Args command) override {
    const uint16_t slot = command.size() > 1 ? SlotOf(command[1]) : uint16_t{0};
    return Send(state_, slot, std::move(command));
  }

  base::Task<absl::StatusOr<Reply>> Run(const Script& script, Args keys, Args args) override {
    return RunScript(state_, script, std::move(keys), std::move(args));
  }

 private:
  struct State {
    State(asio::io_context& io, const base::Clock& c, base::Random& r, Options o, Url u)
        : loop(io),
          clock(c),
          random(r),
          options(std::move(o)),
          url(std::move(u)),
          refreshed(io, asio::steady_timer::time_point::max()) {
      owners.fill(nullptr);
    }

    Connection& NodeAt(const Address& address) {
      auto& node = nodes[ToString(address)];
      if (node == nullptr) {
        const Endpoint endpoint{"", address, url.tls};
        Login login{url.user, url.password, 0, options.name};
        node = std::make_unique<Connection>(
            loop, clock, random, options, [endpoint] { return Fixed(endpoint); }, std::move(login));
      }
      return *node;
    }

    void Close() {
      closed = true;
      owners.fill(nullptr);
      nodes.clear();
    }

    asio::io_context& loop;
    const base::Clock& clock;
    base::Random& random;
    const Options options;
    const Url url;
    std::map<std::string, std::unique_ptr<Connection>> nodes;  // by "host:port"
    std::array<Connection*, kSlotCount> owners;                // of each slot; null: not known
    bool closed = false;
    bool refreshing = false;
    uint64_t refreshes = 0;
    asio::steady_timer refreshed;  // cancelled when a refresh ends
  };
  // Shared with the commands under way, which may end after the client.
  using Shared = std::shared_ptr<State>;

  struct End {
    explicit End(Shared s) : state(std::move(s)) {}
    ~End() { state->Close(); }
    const Shared state;
  };

  static base::Task<absl::StatusOr<Reply>> RunScript(Shared state, const Script& script, Args keys, Args args) {
    if (keys.empty()) co_return base::Error(v1::REQUEST_INVALID, "a script on a cluster needs a key to route it");
    const uint16_t slot = SlotOf(keys.front());
    auto reply = co_await Send(state, slot, ScriptCommand("EVALSHA", script.Sha(), keys, args));
    if (reply.ok() || RefusalWord(reply.status()) != "NOSCRIPT") co_return reply;
    co_return co_await Send(state, slot, ScriptCommand("EVAL", script.Body(), keys, args));
  }

  static base::Task<absl::StatusOr<Reply>> Send(Shared state, uint16_t slot, Args command) {
    absl::StatusOr<Reply> reply;
    Connection* asked = nullptr;  // after an ASK: for one attempt
    for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
      if (state->closed) co_return base::Error(v1::REDIS_UNAVAILABLE, "the Redis client was closed");
      Connection* node = std::exchange(asked, nullptr);
      const Asking asking = node == nullptr ? Asking::kNo : Asking::kYes;
      if (node == nullptr && state->owners[slot] == nullptr) {
        const absl::Status known = co_await Refresh(state);
        if (!known.ok()) co_return known;
        if (state->owners[slot] == nullptr) {
          reply = base::Error(v1::REDIS_UNAVAILABLE, fmt::format("no node of the cluster owns slot {} now", slot));
          co_await Pause(*state);
          continue;
        }
      }
      if (node == nullptr) node = state->owners[slot];
      Args copy = command;
      reply = co_await node->Execute(std::move(copy), asking);
      if (reply.ok() || state->closed) co_return reply;

      const std::string word = RefusalWord(reply.status());
      if (word == "MOVED" || word == "ASK") {
        const auto target = Target(*state, RedirectOf(reply.status()));
        if (!target.ok()) co_return target.status();
        if (word == "ASK") {
          asked = &state->NodeAt(*target);
        } else {
          state->owners[slot] = &state->NodeAt(*target);
        }
      } else if (word == "TRYAGAIN" || word == "CLUSTERDOWN") {
        co_await Pause(*state);
        if (word == "CLUSTERDOWN") state->owners[slot] = nullptr;
      } else if (word.empty() && base::ReasonOf(reply.status()) == v1::REDIS_UNAVAILABLE &&
                 attempt + 1 < kMaxAttempts) {
        // Not sent: its node is gone, and a replica may have taken its slots.
        const absl::Status known = co_await Refresh(state);
        if (!known.ok()) co_return reply;
        if (state->owners[slot] == node) co_return reply;
      } else {
        co_return reply;
      }
    }
    co_return Unsettled(reply.status());
  }

  static absl::Status Unsettled(const absl::Status& last) {
    return base::Error(v1::REDIS_UNAVAILABLE,
                       fmt::format("the cluster doesn't settle: {}", std::string(last.message())));
  }

  static base::Task<void> Pause(State& state) {
    asio::steady_timer timer(state.loop, kSettle);
    co_await timer.async_wait(asio::use_awaitable);
  }

  // "3999 10.0.0.1:6381" -> its address.
  static absl::StatusOr<Address> Target(const State& state, const std::string& redirect) {
    const std::size_t space = redirect.find(' ');
    const std::string_view place =
        space == std::string::npos ? std::string_view() : std::string_view(redirect).substr(space + 1);
    // The port is after the last colon; an IPv6 address comes without brackets.
    const std::size_t colon = place.rfind(':');
    std::string host(place.substr(0, colon == std::string_view::npos ? 0 : colon));
    if (host.empty()) host = state.url.addresses.front().host;  // a node that doesn't know its own name
    const Reply port(std::string(colon == std::string_view::npos ? std::string_view() : place.substr(colon + 1)));
    if (port.Integer() <= 0 || port.Integer() > 65'535) {
      return base::Error(v1::REDIS_UNAVAILABLE, "the cluster redirects to an address that can't be read");
    }
    return Address{std::move(host), static_cast<uint16_t>(port.Integer())};
  }

  // Learns who owns which slot; callers that come meanwhile share the answer.
  static base::Task<absl::Status> Refresh(Shared state) {
    if (state->refreshing) {
      const uint64_t seen = state->refreshes;
      while (state->refreshing && state->refreshes == seen) {
        co_await state->refreshed.async_wait(asio::as_tuple(asio::use_awaitable));
      }
      co_return absl::OkStatus();
    }
    struct Guard {  // also when the caller is cancelled
      State& state;
      explicit Guard(State& s) : state(s) { state.refreshing = true; }
      ~Guard() {
        state.refreshing = false;
        ++state.refreshes;
        state.refreshed.cancel();
      }
    } const guard(*state);

    absl::Status last = base::Error(v1::REDIS_UNAVAILABLE, "no node of the cluster is known");
    for (const Address& address : Candidates(*state)) {
      if (state->closed) break;
      Args command = {"CLUSTER", "SLOTS"};
      auto slots = co_await state->NodeAt(address).Execute(std::move(command));
      if (state->closed) break;
      if (slots.ok() && TakeSlots(*state, *slots, address)) co_return absl::OkStatus();
      last = slots.ok() ? base::Error(v1::REDIS_UNAVAILABLE, "the cluster has no slots yet") : slots.status();
    }
    co_return last;
  }

  // The masters first: a seed may be long gone.
  static std::vector<Address> Candidates(State& state) {
    std::vector<Address> candidates;
    const auto add = [&candidates](const Address& address) {
      if (std::find(candidates.begin(), candidates.end(), address) == candidates.end()) candidates.push_back(address);
    };
    for (const auto& entry : state.nodes) {
      if (auto address = ParseAddress(entry.first, 6379); address.ok()) add(*address);
    }
    for (const Address& seed : state.url.addresses) add(seed);
    // A dead one costs its whole wait, so not always the same goes first.
    std::rotate(candidates.begin(),
                candidates.begin() + static_cast<std::ptrdiff_t>(state.random.Next() % candidates.size()),
                candidates.end());
    return candidates;
  }

  static bool TakeSlots(State& state, const Reply& slots, const Address& teller) {
    if (slots.Elements().empty()) return false;
    state.owners.fill(nullptr);
    for (const Reply& range : slots.Elements()) {
      const auto& parts = range.Elements();
      if (parts.size() < 3 || parts[2].Elements().size() < 2) continue;
      const std::string& host = parts[2].Elements()[0].String();
      const bool unnamed = host.empty() || host == "?";
      Connection& node =
          state.NodeAt({unnamed ? teller.host : host, static_cast<uint16_t>(parts[2].Elements()[1].Integer())});
      for (int64_t slot = std::max<int64_t>(0, parts[0].Integer()); slot <= parts[1].Integer() && slot < kSlotCount;
           ++slot) {
        state.owners[static_cast<std::size_t>(slot)] = &node;
      }
    }
    // Who left the cluster isn't called any more.
    std::erase_if(state.nodes, [&state](const auto& entry) {
      const bool owns = std::find(state.owners.begin(), state.owners.end(), entry.second.get()) != state.owners.end();
      return !owns && entry.second->Idle();
    });
    return true;
  }

  asio::io_context& loop_;
  const Shared state_;
};

}  // namespace

std::unique_ptr<Client> MakeClusterClient(asio::io_context& loop, const base::Clock& clock, base::Random& random,
                                          Options options, Url url) {
  return std::make_unique<ClusterClient>(loop, clock, random, std::move(options), std::move(url));
}

}  // namespace tajo::redis
