#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "simulators/brevo/endpoints.h"

namespace tajo::brevo_sim {

void CountUnknownKeys(const nlohmann::json& body, std::initializer_list<std::string_view> known, std::string_view where,
                      Violations& violations) {
  for (const auto& [key, value] : body.items()) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      violations.Add("unknown_key", fmt::format("{}: {}", where, key));
    }
  }
}

std::optional<net::ServerResponse> ParseObject(const Call& call, nlohmann::json& body) {
  if (call.body.empty()) return Error(400, "missing_parameter", "No inputs in the body");
  body = call.parsed ? std::move(*call.parsed) : nlohmann::json::parse(call.body, nullptr, false);
  if (!body.is_object()) return Error(400, "bad_request", "Input must be a valid JSON object");
  return std::nullopt;
}

std::optional<net::ServerResponse> ReadIds(const nlohmann::json& body, std::string_view key,
                                           std::vector<int64_t>& ids) {
  const auto found = body.find(key);
  if (found == body.end()) return std::nullopt;
  if (!found->is_array()) return Error(400, "invalid_parameter", fmt::format("{} should be type array", key));
  for (std::size_t i = 0; i < found->size(); ++i) {
    if (!(*found)[i].is_number_integer()) {
      return Error(400, "invalid_parameter", fmt::format("{}/{} should be type number", key, i));
    }
    ids.push_back((*found)[i].get<int64_t>());
  }
  return std::nullopt;
}

std::optional<net::ServerResponse> CheckLists(const Account& account, const std::vector<int64_t>& list_ids,
                                              Violations& violations) {
  for (const int64_t id : list_ids) {
    if (!account.lists.contains(id)) {
      violations.Add("unknown_list", fmt::format("list {}", id));
      return Error(400, "invalid_parameter", "List ID does not exist");
    }
  }
  return std::nullopt;
}

}  // namespace tajo::brevo_sim
