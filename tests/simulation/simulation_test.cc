#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "tests/simulation/schedule.h"
#include "tests/support/redis_server.h"

namespace tajo::simulation {
namespace {

uint64_t Number(const char* name, uint64_t absent) {
  const char* text = std::getenv(name);
  return text == nullptr ? absent : std::strtoull(text, nullptr, 10);
}

#ifdef NDEBUG
constexpr uint64_t kSchedules = 2'000;  // some five minutes of processor time
#else
constexpr uint64_t kSchedules = 80;
#endif
// So that they share the cores.
constexpr uint64_t kParts = 4;

class Simulation : public ::testing::Test {
 protected:
  // Says how to run it again, where it goes wrong.
  void Run(ScheduleOptions options) {
    Schedule schedule(options, link_);
    const std::string wrong = schedule.Run();
    EXPECT_EQ(wrong, "") << "seed " << options.seed << ": " << schedule.Description()
                         << "\nrun it again, with all that happened: TAJO_SIMULATION_SEED=" << options.seed
                         << " simulation_test";
  }

  testing::RedisServer server_;
  RedisLink link_{server_.SocketPath()};
};

TEST_F(Simulation, seed_gives_the_same_schedule_again) {
  ScheduleOptions options;
  for (const uint64_t seed : {3u, 14u, 159u}) {
    options.seed = seed;
    uint64_t digest = 0;
    for (int round = 0; round < 2; ++round) {
      Schedule schedule(options, link_);
      (void)schedule.Run();
      if (round == 0) digest = schedule.Digest();
      EXPECT_EQ(schedule.Digest(), digest) << "seed " << seed;
    }
  }
}

class SimulatedSchedules : public Simulation, public ::testing::WithParamInterface<uint64_t> {};

// TAJO_SIMULATION_SCHEDULES says how many, TAJO_SIMULATION_FIRST from which seed on; TAJO_SIMULATION_SEED
// picks a single one.
TEST_P(SimulatedSchedules, end_with_everything_right) {
  ScheduleOptions options;
  options.seed = Number("TAJO_SIMULATION_SEED", 0);
  options.print = options.seed != 0;
  if (options.seed != 0 && GetParam() != 0) GTEST_SKIP() << "a single schedule is for the first part";
  if (options.seed != 0) return Run(options);
  const uint64_t end = Number("TAJO_SIMULATION_FIRST", 1) + Number("TAJO_SIMULATION_SCHEDULES", kSchedules);
  options.seed = Number("TAJO_SIMULATION_FIRST", 1) + GetParam();
  for (; options.seed < end; options.seed += kParts) Run(options);
}

INSTANTIATE_TEST_SUITE_P(Part, SimulatedSchedules, ::testing::Range(uint64_t{0}, kParts));

}  // namespace
}  // namespace tajo::simulation
