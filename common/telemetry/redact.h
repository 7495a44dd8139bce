#pragma once

#include <string>
#include <string_view>

namespace tajo::telemetry {

// Is a field of this name secret or personal whatever it holds ("api_key", "Authorization", "email")?
bool IsSensitiveName(std::string_view name);

// `text` without what looks like a secret or an e-mail address. A net under the rule that such things
// aren't logged at all, not a substitute for it.
std::string Redact(std::string_view text);

}  // namespace tajo::telemetry
