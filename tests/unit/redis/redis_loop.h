#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <utility>

#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/redis/client.h"
#include "common/redis/open.h"

namespace tajo::redis {

// A loop that the test itself runs, until what it waits for has come or its patience ends.
class RedisLoop {
 public:
  ~RedisLoop() { context.stop(); }

  Options OptionsFor(std::string url) const {
    Options options;
    options.url = std::move(url);
    return options;
  }

  std::unique_ptr<Client> OpenClient(Options options) {
    auto client = Open(context, clock, random, std::move(options));
    if (!client.ok()) throw std::runtime_error(client.status().ToString());
    return *std::move(client);
  }

  // Runs the loop until `done`; false: it didn't come in time.
  template <class Condition>
  bool RunUntil(Condition done, std::chrono::milliseconds patience = std::chrono::seconds(30)) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!done()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      context.restart();
      context.run_one_for(std::chrono::milliseconds(10));
    }
    return true;
  }

  template <class T>
  T Wait(base::Task<T> task) {
    std::future<T> result = boost::asio::co_spawn(context, std::move(task), boost::asio::use_future);
    if (!RunUntil([&] { return result.wait_for(std::chrono::seconds(0)) == std::future_status::ready; })) {
      throw std::runtime_error("the task didn't end in time");
    }
    return result.get();
  }

  base::SystemClock clock;
  base::SeededRandom random{7};
  boost::asio::io_context context;
};

}  // namespace tajo::redis
