#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>

#include "common/base/random.h"
#include "tests/simulation/trace.h"
#include "tests/simulation/weather.h"
#include "tests/support/fake_clock.h"

namespace tajo::simulation {

// What a schedule's parts share; all of it outlives them. One thread runs everything.
struct Surroundings {
  boost::asio::io_context& context;
  testing::FakeClock& clock;
  base::Random& dice;
  Weather& weather;
  Trace& trace;

  bool Happens(double share) { return share > 0 && dice.Fraction() < share; }
  base::Duration Between(base::Duration least, base::Duration most) {
    return least + base::Duration(static_cast<int64_t>(dice.Fraction() * static_cast<double>((most - least).count())));
  }
};

}  // namespace tajo::simulation
