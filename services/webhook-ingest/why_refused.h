#pragma once

#include <cstddef>
#include <string_view>

namespace tajo::ingest {

// Why a webhook of Jira's was answered by 401: the label `why` of tajo_ingest_refusals_total. The sender isn't
// told.
enum class WhyRefused {
  kNoSignature,        // at a connection's URL: no X-Hub-Signature
  kWrongMethod,        // one of another method than sha256
  kSignature,          // one that wasn't made with the connection's secret
  kNoToken,            // at the app's URL: no bearer token
  kToken,              // one that isn't a JWT, or that no app of the site's connections signed
  kExpired,            // one of theirs that expired more than 24 hours ago
  kUnknownConnection,  // nobody takes webhooks of this connection, this site, or these webhooks' ids
};
inline constexpr std::size_t kWhysRefused = 7;

std::string_view NameOf(WhyRefused why);  // "no_signature"

// What is wrong with an X-Hub-Signature that doesn't admit; "" where there is none.
WhyRefused WhyNotAdmitted(std::string_view signature);

}  // namespace tajo::ingest
