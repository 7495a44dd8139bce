#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/random.h"
#include "common/brevo/client.h"
#include "tests/support/fake_clock.h"
#include "tests/support/run_task.h"
#include "tests/unit/brevo/fake_http.h"

namespace tajo::brevo {

// Never waits; remembers what it was told.
class RecordingGovernor final : public Governor {
 public:
  base::Task<absl::Status> Acquire(Family family, Lane lane) override {
    acquired.emplace_back(family, lane);
    co_return refuse;
  }
  base::Task<void> Observe(Family family, double limit, double remaining, double reset_seconds) override {
    observed.push_back({family, limit, remaining, reset_seconds});
    co_return;
  }
  base::Task<void> Pause(Family family, std::chrono::milliseconds duration) override {
    paused.emplace_back(family, duration);
    co_return;
  }
  std::optional<Limit> Measured(Family) const override { return std::nullopt; }

  struct Observation {
    Family family;
    double limit, remaining, reset_seconds;
  };
  std::vector<std::pair<Family, Lane>> acquired;
  std::vector<Observation> observed;
  std::vector<std::pair<Family, std::chrono::milliseconds>> paused;
  absl::Status refuse;
};

class ClientTest : public ::testing::Test {
 protected:
  // The value of a task that ends.
  template <class T>
  T Run(base::Task<T> task) {
    return testing::RunTask(context, std::move(task));
  }

  const net::HttpRequest& Sent(std::size_t index = 0) { return http.sent.at(index); }
  std::string HeaderSent(std::string_view name) { return std::string(Sent().headers.Find(name).value_or("")); }

  boost::asio::io_context context;
  testing::FakeHttp http;
  testing::FakeClock clock{testing::FakeClock::Mode::kAutoAdvance};
  base::SeededRandom random{7};
  RecordingGovernor governor;
  Client client{http, {"https://api.brevo.com/v3/", base::Secret("xkeysib-test")}, governor, clock, random};
};

inline ContactWrite Ann() {
  ContactWrite contact;
  contact.email = "ann@example.com";
  contact.attributes = {{"FIRSTNAME", "\"Ann\""}, {"OPEN", "3"}};
  contact.list_ids = {22};
  return contact;
}

}  // namespace tajo::brevo
