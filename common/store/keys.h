#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/store/ids.h"

namespace tajo::store {

// The names of a connection's keys: all of them share its hash tag, so they live on one node.
class Keys {
 public:
  explicit Keys(std::string_view connection_id);

  const std::string& Prefix() const { return prefix_; }  // "tajo:{<id>}:"
  std::string Of(std::string_view name) const { return prefix_ + std::string(name); }
  std::string Connection() const { return Of("connection"); }
  std::string Events() const { return Of("events"); }
  std::string Lease() const { return Of("lease"); }
  std::string Jobs() const { return Of("jobs"); }
  std::string Job(std::string_view id) const { return Of("job:") + std::string(id); }
  std::string Users() const { return Of("users"); }
  std::string Contact(const ContactId& id) const { return Of("contact:") + id.Bytes(); }
  std::string Tickets(const ContactId& id) const { return Of("tickets:") + id.Bytes(); }
  std::string Dirty() const { return Of("dirty"); }
  std::string Stale() const { return Of("stale"); }
  std::string Attributes() const { return Of("attributes"); }
  std::string Parked() const { return Of("parked"); }  // accounts whose tickets wait for an e-mail, by the next look
  std::string Parked(std::string_view account) const { return Of("parked:") + std::string(account); }  // their tickets
  std::string Linked() const { return Of("linked"); }  // account -> its contact in Brevo
  std::string Outbox() const { return Of("outbox"); }
  std::string Dead() const { return Of("dead"); }
  std::string Quarantine() const { return Of("quarantine"); }
  std::string Counters() const { return Of("counters"); }
  std::string Cursors() const { return Of("cursors"); }
  std::string People() const { return Of("people"); }  // what is asked for people, until it is done
  std::string Erased() const { return Of("erased"); }  // tombstones
  std::string Report(std::string_view request_id) const { return Of("forgotten:") + std::string(request_id); }

 private:
  std::string prefix_;
};

inline constexpr std::string_view kConnectionsKey = "tajo:connections";
inline constexpr std::string_view kWorkersKey = "tajo:workers";
// Where a worker listens for "something for connection <id>" (pub/sub; a hint only).
std::string WakeChannel(std::string_view worker_id);

}  // namespace tajo::store
