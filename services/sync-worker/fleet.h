#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/redis/client.h"
#include "common/store/leases.h"
#include "services/sync-worker/owner.h"

namespace tajo::worker {

struct FleetOptions {
  std::vector<std::string> only;     // --connections; empty: all
  std::vector<std::string> exclude;  // --exclude-connections
  std::size_t shard = 0;             // this loop's number among ...
  std::size_t shards = 1;            // ... the process' loops: each takes the connections of its hash
};

// The workers that own the same connections, by a name of theirs; empty: those that own all.
std::string PoolOf(const FleetOptions& options);

// How many of `connections` a worker should own so that all have about as many.
std::size_t FairShare(std::size_t connections, int64_t workers);

// The connections that one loop owns. Takes free ones up to a fair share, gives some back when others
// join, and wakes owners on a message.
class Fleet {
 public:
  Fleet(Shared& shared, store::Leases& leases, redis::Subscriber& subscriber, FleetOptions options);
  ~Fleet();

  // Until drained.
  base::Task<void> Run();
  // Lets every owner finish what it has begun, and gives the leases back. Nothing is taken any more.
  base::Task<void> Drain();

 private:
  struct Place;

  base::Task<void> Balance();
  base::Task<void> BalanceOnce();
  base::Task<void> Take(std::vector<std::string> free, std::size_t room);
  void Own(std::string connection_id, store::LeaseToken lease, base::MonotonicTime acquired);
  std::vector<std::string> Mine(const std::vector<std::string>& all) const;

  Shared& shared_;
  store::Leases& leases_;
  redis::Subscriber& subscriber_;
  FleetOptions options_;
  std::map<std::string, std::unique_ptr<Place>> places_;
  Signal ended_;
  bool draining_ = false;
};

}  // namespace tajo::worker
