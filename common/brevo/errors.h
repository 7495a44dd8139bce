#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "common/net/http_client.h"

namespace tajo::brevo {

// What to do with work that Brevo didn't take.
enum class Remedy {
  kRetry,            // as it is, later
  kFixAndRetry,      // without the field that Brevo names (see RefusedField)
  kPauseConnection,  // key, IP, credits, permission: nothing of this connection can go on
  kDead,             // never as it is
};
Remedy RemedyFor(const absl::Status& status);

// True if Brevo surely did nothing: not sent, or refused. What isn't idempotent may only then be
// sent again; all else (time-outs, 5xx) is ambiguous.
bool SurelyNotActed(const absl::Status& status);

// The identifiers that another contact holds, of a BREVO_IDENTIFIER_CLASH: "email", "SMS", "ext_id".
std::vector<std::string> ClashingIdentifiers(const absl::Status& status);
// The attribute that Brevo's message names as the cause ("SMS" for a bad phone number); may be empty.
std::string RefusedField(const absl::Status& status);

// The error in any answer that isn't 2xx. `operation` is the start of its message ("upsert contact").
// Brevo's own text is quoted only as far as it can't hold personal data.
absl::Status ErrorFrom(const net::HttpResponse& response, std::string_view operation);

}  // namespace tajo::brevo
