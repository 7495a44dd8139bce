#include "common/net/loop.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <csignal>

namespace tajo::net {
namespace {

// Cores by affinity mask: in a container with a cpuset, hardware_concurrency counts the machine's.
std::size_t UsableCores() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  if (sched_getaffinity(0, sizeof(cores), &cores) == 0) return static_cast<std::size_t>(CPU_COUNT(&cores));
  return std::max(1U, std::thread::hardware_concurrency());
}

void BlockSigpipe() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

}  // namespace

Loop::Loop()
    : context_(1), work_(context_.get_executor()), thread_([this] {
        BlockSigpipe();
        context_.run();
      }) {}

Loop::~Loop() {
  context_.stop();
  thread_.join();
}

LoopPool::LoopPool(std::size_t threads) {
  const std::size_t count = threads == 0 ? UsableCores() : threads;
  loops_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) loops_.push_back(std::make_unique<Loop>());
}

LoopPool::~LoopPool() {
  for (const auto& loop : loops_) loop->Context().stop();
}

}  // namespace tajo::net
