#include "simulators/jira/faults.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

namespace tajo::jira_sim {
namespace {

using Kind = Faults::Kind;

constexpr std::array<std::pair<std::string_view, Kind>, 13> kNames{{
    {"status", Kind::kStatus},
    {"rate_limit", Kind::kRateLimit},
    {"reset", Kind::kReset},
    {"drop_after_effect", Kind::kDropAfterEffect},
    {"slow", Kind::kSlow},
    {"truncate", Kind::kTruncate},
    {"html", Kind::kHtml},
    {"repeat_token", Kind::kRepeatToken},
    {"short_page", Kind::kShortPage},
    {"search_warning", Kind::kSearchWarning},
    {"duplicate_webhook", Kind::kDuplicateWebhook},
    {"reorder_webhook", Kind::kReorderWebhook},
    {"lose_webhook", Kind::kLoseWebhook},
}};

bool IsOfRequests(Kind kind) {
  return kind <= Kind::kHtml;
}

std::string_view NameOf(Kind kind) {
  return std::find_if(kNames.begin(), kNames.end(), [kind](const auto& entry) { return entry.second == kind; })->first;
}

}  // namespace

std::optional<std::string> Faults::Add(const nlohmann::json& body) {
  if (!body.is_object()) return "a fault is a JSON object";
  try {
    const std::string name = body.value("kind", std::string());
    const auto known =
        std::find_if(kNames.begin(), kNames.end(), [&](const auto& entry) { return entry.first == name; });
    if (known == kNames.end()) return fmt::format("unknown kind '{}'", name);
    const nlohmann::json match = body.value("match", nlohmann::json::object());
    Fault fault;
    fault.kind = known->second;
    fault.method = match.value("method", std::string());
    fault.path = match.value("path", std::string());
    fault.status = body.value("status", fault.status);
    fault.reason = body.value("reason", fault.reason);
    fault.retry_after_s = body.value("retry_after", fault.retry_after_s);
    fault.delay_ms = body.value("delay_ms", fault.delay_ms);
    fault.probability = body.value("probability", 1.0);
    fault.left = body.value("count", body.contains("probability") ? int64_t{-1} : int64_t{1});
    faults_.push_back(std::move(fault));
  } catch (const nlohmann::json::exception&) {
    return "a value has the wrong type";
  }
  return std::nullopt;
}

std::string Faults::Json() const {
  nlohmann::json out = nlohmann::json::array();
  for (const Fault& fault : faults_) {
    out.push_back({{"kind", NameOf(fault.kind)},
                   {"method", fault.method},
                   {"path", fault.path},
                   {"left", fault.left},
                   {"probability", fault.probability}});
  }
  return nlohmann::json{{"faults", out}}.dump();
}

bool Faults::Spend(Fault& fault) {
  if (fault.left == 0) return false;
  if (fault.probability < 1 && static_cast<double>(dice_.Below(1'000'000)) >= fault.probability * 1e6) return false;
  if (fault.left > 0) --fault.left;
  return true;
}

std::optional<Faults::Fault> Faults::TakeFor(std::string_view method, std::string_view path) {
  for (Fault& fault : faults_) {
    if (!IsOfRequests(fault.kind)) continue;
    if (!fault.method.empty() && fault.method != method) continue;
    if (path.find(fault.path) == std::string_view::npos) continue;
    if (Spend(fault)) return fault;
  }
  return std::nullopt;
}

std::optional<Faults::Fault> Faults::Take(Kind kind) {
  for (Fault& fault : faults_) {
    if (fault.kind == kind && Spend(fault)) return fault;
  }
  return std::nullopt;
}

}  // namespace tajo::jira_sim
