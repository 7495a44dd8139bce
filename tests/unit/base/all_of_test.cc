#include "common/base/all_of.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "tests/support/run_task.h"

namespace tajo::base {
namespace {

using namespace std::chrono_literals;  // NOLINT

Task<void> Note(std::string* notes, Clock* clock, Duration wait, char name) {
  try {
    co_await clock->Sleep(wait);
  } catch (const boost::system::system_error&) {
    *notes += std::string("cancelled ") + name;
    throw;
  }
  *notes += name;
}

Task<void> Fail() {
  throw std::runtime_error("broken");
  co_return;
}

TEST(AllOf, tasks_run_side_by_side_until_the_last_ends) {
  boost::asio::io_context context;
  SystemClock clock;
  std::string notes;
  std::vector<Task<void>> tasks;
  tasks.push_back(Note(&notes, &clock, 20ms, 'b'));
  tasks.push_back(Note(&notes, &clock, 0ms, 'a'));
  tasks.push_back(Note(&notes, &clock, 40ms, 'c'));
  testing::RunTask(context, AllOf(std::move(tasks)));
  EXPECT_EQ(notes, "abc");
}

TEST(AllOf, first_exception_cancels_the_others_and_is_thrown) {
  boost::asio::io_context context;
  SystemClock clock;
  std::string notes;
  std::vector<Task<void>> tasks;
  tasks.push_back(Note(&notes, &clock, 1h, 'a'));
  tasks.push_back(Fail());
  try {
    testing::RunTask(context, AllOf(std::move(tasks)));
    FAIL() << "nothing was thrown";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "broken");
  }
  EXPECT_EQ(notes, "cancelled a");
}

TEST(AllOf, one_task_and_none) {
  boost::asio::io_context context;
  SystemClock clock;
  std::string notes;
  std::vector<Task<void>> one;
  one.push_back(Note(&notes, &clock, 0ms, 'a'));
  testing::RunTask(context, AllOf(std::move(one)));
  EXPECT_EQ(notes, "a");
  testing::RunTask(context, AllOf({}));
}

}  // namespace
}  // namespace tajo::base
