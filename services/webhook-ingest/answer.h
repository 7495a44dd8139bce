#pragma once

#include <cstddef>
#include <string_view>

#include "common/net/http_server.h"

namespace tajo::ingest {

// What became of a delivery: the answer's status and the label `outcome` of
// tajo_ingest_webhooks_total. Jira sends again after 408, 409, 425, 429 and 5xx only, so what may
// pass is never answered by another 4xx.
enum class Outcome {
  kStored,           // 202
  kDuplicate,        // 200: an earlier delivery was stored
  kIgnored,          // 202: of a kind that concerns no ticket, user or milestone
  kQuarantined,      // 202: of a kind that we don't know, kept for a person to look at
  kUnauthenticated,  // 401: not authentic, or no such connection; nobody can tell which
  kUnreadable,       // 400: authentic, but not a JSON object
  kTooLarge,         // 413
  kUnavailable,      // 503: Redis or the credentials can't be read now
  kFull,             // 503: the connection's backlog is at its high-water mark, or it asks too much at once
};
inline constexpr std::size_t kOutcomes = 9;

std::string_view NameOf(Outcome outcome);  // "stored"
net::ServerResponse AnswerTo(Outcome outcome);

// {"error":"..."} with another status.
net::ServerResponse Refusal(int status, std::string_view error);
net::ServerResponse Text(int status, std::string body);

}  // namespace tajo::ingest
