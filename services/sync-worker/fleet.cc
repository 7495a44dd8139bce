#include "services/sync-worker/fleet.h"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <chrono>
#include <exception>
#include <utility>

#include "common/crypto/digest.h"

namespace tajo::worker {
namespace {

using boost::asio::experimental::awaitable_operators::operator||;

constexpr std::chrono::milliseconds kBalanceEvery{700};

// The same in every process: which of its loops takes a connection.
std::size_t ShardOf(const std::string& connection_id, std::size_t shards) {
  return crypto::Sha256(connection_id)[0] % shards;
}

bool Contains(const std::vector<std::string>& ids, const std::string& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

}  // namespace

struct Fleet::Place {
  Place(Shared& shared, store::Leases& leases, std::string connection_id, store::LeaseToken lease,
        base::MonotonicTime acquired)
      : owner(shared, leases, std::move(connection_id), std::move(lease), acquired) {}
  Owner owner;
  boost::asio::cancellation_signal cancel;
  bool leaving = false;
};

std::string PoolOf(const FleetOptions& options) {
  if (options.only.empty() && options.exclude.empty()) return {};
  std::string text;
  for (std::vector<std::string> ids : {options.only, options.exclude}) {
    std::sort(ids.begin(), ids.end());
    for (const std::string& id : ids) text.append(id).push_back(',');
    text.push_back(';');
  }
  return crypto::Hex(crypto::Sha256(text)).substr(0, 16);
}

std::size_t FairShare(std::size_t connections, int64_t workers) {
  const auto parts = static_cast<std::size_t>(std::max<int64_t>(workers, 1));
  return (connections + parts - 1) / parts;
}

Fleet::Fleet(Shared& shared, store::Leases& leases, redis::Subscriber& subscriber, FleetOptions options)
    : shared_(shared), leases_(leases), subscriber_(subscriber), options_(std::move(options)), ended_(shared.clock) {}

Fleet::~Fleet() = default;

base::Task<void> Fleet::Run() {
  auto wake = [this](std::string_view connection_id) {
    if (const auto found = places_.find(std::string(connection_id)); found != places_.end())
      found->second->owner.Wake();
  };
  co_await (Balance() || subscriber_.Run(store::WakeChannel(leases_.WorkerId()), wake));
}

base::Task<void> Fleet::Balance() {
  while (!draining_ || !places_.empty()) {
    if (!draining_) co_await BalanceOnce();
    co_await shared_.clock.Sleep(kBalanceEvery);
  }
}

base::Task<void> Fleet::BalanceOnce() {
  auto workers = co_await leases_.Heartbeat();
  if (!workers.ok()) co_return;
  auto all = co_await leases_.AllConnections();
  if (!all.ok()) co_return;
  const std::vector<std::string> mine = Mine(*all);
  // Each loop of each process has announced itself; those of one hash meet once a process.
  const std::size_t share = FairShare(mine.size(), *workers / static_cast<int64_t>(options_.shards));

  std::vector<std::string> free;
  for (const auto& id : mine) {
    if (!places_.contains(id)) free.push_back(id);
  }
  const auto held = static_cast<std::size_t>(
      std::count_if(places_.begin(), places_.end(), [](const auto& place) { return !place.second->leaving; }));
  if (held < share) {
    co_await Take(std::move(free), share - held);
  } else {
    std::size_t surplus = held - share;
    for (auto& [id, place] : places_) {
      if (surplus == 0) break;
      if (place->leaving) continue;
      place->leaving = true;
      place->owner.Release();
      --surplus;
    }
  }
  shared_.instruments.Leases(static_cast<int64_t>(places_.size()));
}

base::Task<void> Fleet::Take(std::vector<std::string> free, std::size_t room) {
  // Workers that look at the same moment begin at different places.
  if (!free.empty())
    std::rotate(free.begin(), free.begin() + static_cast<std::ptrdiff_t>(shared_.random.Next() % free.size()),
                free.end());
  for (auto& id : free) {
    if (room == 0 || draining_) co_return;
    const base::MonotonicTime asked = shared_.clock.Monotonic();
    auto lease = co_await leases_.Acquire(id);
    if (!lease.ok()) co_return;
    if (!*lease) continue;
    Own(std::move(id), **std::move(lease), asked);
    --room;
  }
}

void Fleet::Own(std::string connection_id, store::LeaseToken lease, base::MonotonicTime acquired) {
  auto place = std::make_unique<Place>(shared_, leases_, connection_id, std::move(lease), acquired);
  Place& owned = *place;
  places_.emplace(connection_id, std::move(place));
  auto ended = [this, connection_id](const std::exception_ptr& error) {
    if (error) {
      try {
        std::rethrow_exception(error);
      } catch (const std::exception& exception) {
        shared_.log.Error("owner of a connection failed", {{"connection", connection_id}, {"error", exception.what()}});
      }
    }
    shared_.instruments.Forget(connection_id);
    places_.erase(connection_id);
    ended_.Notify();
  };
  boost::asio::co_spawn(shared_.executor, owned.owner.Run(),
                        boost::asio::bind_cancellation_slot(owned.cancel.slot(), std::move(ended)));
}

base::Task<void> Fleet::Drain() {
  draining_ = true;
  for (auto& [id, place] : places_) {
    place->leaving = true;
    place->owner.Release();
  }
  while (!places_.empty()) co_await ended_.Wait(std::chrono::seconds(1));
}

std::vector<std::string> Fleet::Mine(const std::vector<std::string>& all) const {
  std::vector<std::string> mine;
  for (const auto& id : all) {
    // Hashing all of them at every look is most of a look's cost.
    const bool known = options_.shards == 1 || places_.contains(id);
    if (!known && ShardOf(id, options_.shards) != options_.shard) continue;
    if (!options_.only.empty() && !Contains(options_.only, id)) continue;
    if (Contains(options_.exclude, id)) continue;
    mine.push_back(id);
  }
  return mine;
}

}  // namespace tajo::worker
