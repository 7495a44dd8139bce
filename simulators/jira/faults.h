#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulators/jira/dice.h"

namespace tajo::jira_sim {

// What goes wrong on demand.
class Faults {
 public:
  enum class Kind : uint8_t {
    kStatus,           // answers `status` with Jira's error body
    kRateLimit,        // 429 with its headers
    kReset,            // breaks the connection off before the call has any effect
    kDropAfterEffect,  // carries the call out and breaks the connection off
    kSlow,             // waits first
    kTruncate,         // breaks off in the middle of the body
    kHtml,             // a proxy's page instead of JSON
    kRepeatToken,      // a search page repeats its own token
    kShortPage,        // a search page holds half of what it could
    kSearchWarning,    // a search page admits that it may be cut
    kDuplicateWebhook,
    kReorderWebhook,  // is held back by delay_ms
    kLoseWebhook,
  };
  struct Fault {
    Kind kind = Kind::kStatus;
    std::string method;  // empty: any
    std::string path;    // part of the path; empty: any
    int status = 500;
    std::string reason = "jira-burst-based";
    int64_t retry_after_s = 1;  // negative: without the header
    int64_t delay_ms = 1000;
    int64_t left = 1;        // how often still; -1: without end
    double probability = 1;  // for each match
  };

  explicit Faults(uint64_t seed) : dice_(seed, 0, 77) {}

  // Adds one from a control body; the text says what is wrong with it.
  std::optional<std::string> Add(const nlohmann::json& body);
  void Clear() { faults_.clear(); }
  std::string Json() const;

  // The fault for this request, spent by taking it.
  std::optional<Fault> TakeFor(std::string_view method, std::string_view path);
  std::optional<Fault> Take(Kind kind);
  bool TakeRepeatToken() { return Take(Kind::kRepeatToken).has_value(); }
  bool TakeShortPage() { return Take(Kind::kShortPage).has_value(); }
  bool TakeSearchWarning() { return Take(Kind::kSearchWarning).has_value(); }

 private:
  bool Spend(Fault& fault);

  Dice dice_;
  std::vector<Fault> faults_;
};

}  // namespace tajo::jira_sim
