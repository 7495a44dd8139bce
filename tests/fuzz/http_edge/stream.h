#pragma once

#include <string_view>
#include <vector>

#include "tests/fuzz/http_edge/exchange.h"

namespace tajo::fuzz {

// Whether the requests that the handler saw are those at the beginning of what the client sent, one
// right behind the other: read anew, by a reader that shares nothing with the server's.
void CheckStream(std::string_view sent, const std::vector<Handled>& handled);

}  // namespace tajo::fuzz
