#include "tests/simulation/weather.h"

#include <fmt/format.h>

#include <array>

namespace tajo::simulation {
namespace {

struct Kind {
  const char* name;
  double Weather::*share;
  double most;
};

constexpr std::array<Kind, 14> kKinds{{{"refused", &Weather::refused, 0.15},
                                       {"lost", &Weather::lost, 0.1},
                                       {"answer_lost", &Weather::answer_lost, 0.15},
                                       {"server_error", &Weather::server_error, 0.15},
                                       {"proxy_error", &Weather::proxy_error, 0.1},
                                       {"rate_limited", &Weather::rate_limited, 0.1},
                                       {"garbled", &Weather::garbled, 0.05},
                                       {"slow", &Weather::slow, 0.1},
                                       {"redis_away", &Weather::redis_away, 0.05},
                                       {"redis_lost", &Weather::redis_lost, 0.03},
                                       {"redis_answer_lost", &Weather::redis_answer_lost, 0.05},
                                       {"wake_lost", &Weather::wake_lost, 0.5},
                                       {"webhook_twice", &Weather::webhook_twice, 0.3},
                                       {"webhook_held", &Weather::webhook_held, 0.3}}};

}  // namespace

Weather Weather::Drawn(base::Random& random) {
  Weather weather;
  const double activity = random.Fraction();
  for (const Kind& kind : kKinds) {
    const bool present = random.Fraction() < activity;
    const double share = random.Fraction() * kind.most;
    if (present) weather.*kind.share = share;
  }
  weather.slowest = std::chrono::milliseconds(2 + random.Next() % 400);
  return weather;
}

std::string Weather::ToString() const {
  std::string text = fmt::format("latency {} to {} ms", fastest.count(), slowest.count());
  for (const Kind& kind : kKinds) {
    if (this->*kind.share > 0) text += fmt::format(", {} {:.0f}%", kind.name, this->*kind.share * 100);
  }
  return text;
}

}  // namespace tajo::simulation
