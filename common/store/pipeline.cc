#include "common/store/pipeline.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <memory>
#include <utility>

#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::store {
namespace {

// Shared, since a command may end after whoever waits for it was cancelled.
struct Round {
  Round(const boost::asio::any_io_executor& executor, std::size_t size)
      : replies(size), open(size), done(executor, boost::asio::steady_timer::time_point::max()) {}

  std::vector<redis::Reply> replies;
  absl::Status error;
  std::size_t open;
  boost::asio::steady_timer done;
};

base::Task<void> ExecuteOne(redis::Client& redis, redis::Args command, std::size_t place,
                            std::shared_ptr<Round> round) {
  absl::StatusOr<redis::Reply> reply = co_await redis.Execute(std::move(command));
  if (reply.ok()) {
    round->replies[place] = *std::move(reply);
  } else if (round->error.ok()) {
    round->error = reply.status();
  }
}

}  // namespace

base::Task<absl::StatusOr<std::vector<redis::Reply>>> ExecuteAll(redis::Client& redis,
                                                                 std::vector<redis::Args> commands) {
  if (commands.empty()) co_return std::vector<redis::Reply>();
  const auto executor = co_await boost::asio::this_coro::executor;
  const auto round = std::make_shared<Round>(executor, commands.size());
  for (std::size_t i = 0; i < commands.size(); ++i) {
    boost::asio::co_spawn(executor, ExecuteOne(redis, std::move(commands[i]), i, round),
                          [round](const std::exception_ptr& failure) {
                            if (failure && round->error.ok()) {
                              round->error = base::Error(jira::v1::REDIS_AMBIGUOUS, "a command was cancelled");
                            }
                            if (--round->open == 0) round->done.cancel();
                          });
  }
  while (round->open > 0) {
    boost::system::error_code woken;
    co_await round->done.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, woken));
    const auto cancelled = co_await boost::asio::this_coro::cancellation_state;
    if (cancelled.cancelled() != boost::asio::cancellation_type::none) {
      throw boost::system::system_error(boost::asio::error::operation_aborted);
    }
  }
  if (!round->error.ok()) co_return round->error;
  co_return std::move(round->replies);
}

}  // namespace tajo::store
