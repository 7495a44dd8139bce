#include "tests/simulation/worker.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <utility>

namespace tajo::simulation {
namespace {

// A fleet looks more often; a look that finds nothing to take has no effect.
constexpr std::chrono::seconds kLookEvery{4};

void PublishNothing(const std::string&, const std::string&) {}

}  // namespace

Worker::Worker(Surroundings& around, Network& network, RedisLink& link, const crypto::Keyring& keyring,
               telemetry::Logger& log, const worker::WorkOptions& options, NoInstruments& instruments, uint64_t seed,
               std::string name, std::chrono::milliseconds lease_ttl)
    : around_(around),
      process_(around.context, around.clock, std::move(name)),
      redis_(around, process_, link, PublishNothing),
      http_(network, process_),
      random_(seed),
      connections_(redis_, process_.Clock(), random_, keyring),
      grants_(redis_, random_, keyring),
      quotas_(redis_, process_.Clock(), access::QuotaOptions(), nullptr),
      jobs_(redis_, process_.Clock(), random_),
      leases_(redis_, random_, process_.Name(), lease_ttl),
      shared_{around.context.get_executor(),
              process_.Clock(),
              random_,
              redis_,
              http_,
              connections_,
              grants_,
              quotas_,
              jobs_,
              log,
              instruments,
              nullptr,
              nullptr,
              options} {}

void Worker::Start(std::string connection_id) {
  ended_ = false;
  boost::asio::co_spawn(around_.context, Run(std::move(connection_id)),
                        boost::asio::bind_cancellation_slot(cancel_.slot(), [this](const std::exception_ptr&) {
                          owner_.reset();
                          ended_ = true;
                        }));
}

base::Task<void> Worker::Run(std::string connection_id) {
  while (!draining_) {
    const base::MonotonicTime asked = process_.Clock().Monotonic();
    auto lease = co_await leases_.Acquire(connection_id);
    if (lease.ok() && *lease) {
      around_.trace.Add(process_.Name(), "owns the connection");
      owner_ = std::make_unique<worker::Owner>(shared_, leases_, connection_id, **std::move(lease), asked);
      co_await owner_->Run();
      owner_.reset();
      around_.trace.Add(process_.Name(), "owns it no more");
    }
    co_await process_.Clock().Sleep(kLookEvery);
  }
}

void Worker::Crash() {
  around_.trace.Add(process_.Name(), "dies");
  process_.Kill();
  cancel_.emit(boost::asio::cancellation_type::terminal);
  around_.context.poll();
}

void Worker::Drain() {
  around_.trace.Add(process_.Name(), "drains");
  draining_ = true;
  if (owner_) owner_->Release();
}

void Worker::Wake() {
  if (owner_ && process_.Runs()) owner_->Wake();
}

}  // namespace tajo::simulation
