#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "common/base/random.h"

namespace tajo::brevo_sim {

enum class FaultKind {
  kNone,
  kStatus,           // answers `status` without effect
  kReset,            // breaks the connection off without effect
  kSlow,             // waits `delay_ms`, then works
  kTruncate,         // works, and breaks off inside the answer
  kHtml,             // a proxy's page instead of JSON, without effect
  kDropAfterEffect,  // works, and breaks off before the answer
};

struct Fault {
  FaultKind kind = FaultKind::kNone;
  std::string method;  // empty: any
  std::string path;    // a prefix; empty: any
  int status = 503;
  std::string code;
  std::string message;
  int64_t delay_ms = 0;
  int64_t count = 0;       // how many more; 0 with a probability: for ever
  double probability = 0;  // 0: always
};

class Faults {
 public:
  explicit Faults(uint64_t seed) : random_(seed) {}
  // {"match":{"method","path"},"kind":"status","status":503,"count":3,"delay_ms":..}
  absl::Status Add(const nlohmann::json& description);
  // What befalls this call; kNone mostly.
  Fault Draw(std::string_view method, std::string_view path);
  void Clear() { faults_.clear(); }

 private:
  base::SeededRandom random_;
  std::vector<Fault> faults_;
};

}  // namespace tajo::brevo_sim
