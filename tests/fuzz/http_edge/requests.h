#pragma once

#include "common/net/http_server.h"

namespace tajo::fuzz {

// Whether a request is one that the handler may see: framed in one way only, within the limits, and
// with nothing of its own words that may reach a Redis key unchecked.
void CheckRequest(const net::ServerRequest& request);

}  // namespace tajo::fuzz
