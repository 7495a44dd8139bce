#include "common/net/loop.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <boost/asio/post.hpp>
#include <csignal>
#include <future>
#include <set>

namespace tajo::net {
namespace {

template <class Function>
auto RunOn(Loop& loop, Function function) {
  std::packaged_task<decltype(function())()> task(std::move(function));
  auto result = task.get_future();
  boost::asio::post(loop.Context(), std::move(task));
  return result.get();
}

TEST(Loop, work_runs_on_its_own_thread) {
  Loop loop;
  const auto first = RunOn(loop, [] { return std::this_thread::get_id(); });
  const auto second = RunOn(loop, [] { return std::this_thread::get_id(); });
  EXPECT_EQ(first, second);
  EXPECT_NE(first, std::this_thread::get_id());
}

TEST(Loop, thread_is_spared_sigpipe) {
  Loop loop;
  const bool blocked = RunOn(loop, [] {
    sigset_t signals;
    pthread_sigmask(SIG_BLOCK, nullptr, &signals);
    return sigismember(&signals, SIGPIPE) == 1;
  });
  EXPECT_TRUE(blocked);
}

TEST(Loop, destruction_drops_work_that_did_not_run) {
  auto held = std::make_shared<int>(1);
  {
    std::promise<void> begun;
    std::promise<void> go_on;
    Loop loop;
    boost::asio::post(loop.Context(), [&] {
      begun.set_value();
      go_on.get_future().wait();
      loop.Context().stop();
    });
    begun.get_future().wait();
    boost::asio::post(loop.Context(), [held] { FAIL() << "the loop was stopped before"; });
    go_on.set_value();
  }
  EXPECT_EQ(held.use_count(), 1);
}

TEST(LoopPool, each_loop_has_a_thread) {
  LoopPool pool(3);
  ASSERT_EQ(pool.Size(), 3u);
  std::set<std::thread::id> threads;
  for (std::size_t i = 0; i < pool.Size(); ++i) {
    threads.insert(RunOn(pool.At(i), [] { return std::this_thread::get_id(); }));
  }
  EXPECT_EQ(threads.size(), 3u);
}

TEST(LoopPool, zero_threads_mean_one_a_core) {
  LoopPool pool(0);
  EXPECT_GE(pool.Size(), 1u);
  EXPECT_LE(pool.Size(), std::max(1U, std::thread::hardware_concurrency()));
}

}  // namespace
}  // namespace tajo::net
