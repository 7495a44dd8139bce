#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulators/brevo/account.h"
#include "simulators/brevo/violations.h"

namespace tajo::brevo_sim {

// What Brevo does with the parts of a contact, the same in upserts, imports and events.

bool IsEmail(std::string_view text);
// "+91...", "0091...", "91..." as digits with the country code; nothing for what isn't a number.
std::optional<std::string> NormalPhone(std::string_view text);

// Sets what can be set. Unknown names and values of a wrong type are dropped without a word, and
// counted here. `""` clears if `clearing`.
void SetAttributes(Account& account, Contact& contact, const nlohmann::json& attributes, bool clearing,
                   Violations& violations);

void JoinLists(Contact& contact, const std::vector<int64_t>& list_ids);
void LeaveLists(Contact& contact, const std::vector<int64_t>& list_ids);

nlohmann::json ContactJson(const Account& account, const Contact& contact);

}  // namespace tajo::brevo_sim
