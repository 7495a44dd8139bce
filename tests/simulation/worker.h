#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/crypto/sealing.h"
#include "services/sync-worker/owner.h"
#include "tests/simulation/network.h"
#include "tests/simulation/process.h"
#include "tests/simulation/process_redis.h"
#include "tests/simulation/surroundings.h"

namespace tajo::simulation {

// What workers count isn't looked at: the invariants are computed from the outside.
class NoInstruments final : public worker::Instruments {
 public:
  void IssuesRead(std::string_view, int64_t) override {}
  void EntriesApplied(int64_t) override {}
  void MissedWebhooks(int64_t) override {}
  void ContactsSettled(std::string_view, int64_t) override {}
  void EventsSettled(std::string_view, int64_t) override {}
  void Delivered(base::Duration) override {}
  void DeadLetter(base::Reason) override {}
  void FieldDropped(std::string_view) override {}
  void Registered(std::string_view) override {}
  void Backlog(const std::string&, int64_t, int64_t) override {}
  void SyncProgress(const std::string&, double) override {}
  void Leases(int64_t) override {}
  void Forget(const std::string&) override {}
};

// A worker process: it owns the connection whenever nobody else does. Never destroyed while it runs.
class Worker {
 public:
  Worker(Surroundings& around, Network& network, RedisLink& link, const crypto::Keyring& keyring,
         telemetry::Logger& log, const worker::WorkOptions& options, NoInstruments& instruments, uint64_t seed,
         std::string name, std::chrono::milliseconds lease_ttl);

  void Start(std::string connection_id);
  // From one moment to the next, wherever it was.
  void Crash();
  // Finishes what it began and gives the connection back.
  void Drain();
  void Wake();

  Process& Itself() { return process_; }
  const std::string& Name() const { return process_.Name(); }
  bool Owns() const { return owner_ != nullptr; }
  bool IsDraining() const { return draining_; }
  bool HasEnded() const { return ended_; }

 private:
  base::Task<void> Run(std::string connection_id);

  Surroundings& around_;
  Process process_;
  ProcessRedis redis_;
  ProcessHttp http_;
  base::SeededRandom random_;
  store::Connections connections_;
  store::Grants grants_;
  access::Quotas quotas_;
  store::Jobs jobs_;
  store::Leases leases_;
  worker::Shared shared_;
  std::unique_ptr<worker::Owner> owner_;
  boost::asio::cancellation_signal cancel_;
  bool draining_ = false;
  bool ended_ = true;
};

}  // namespace tajo::simulation
