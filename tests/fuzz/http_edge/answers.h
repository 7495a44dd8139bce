#pragma once

#include "tests/fuzz/http_edge/exchange.h"

namespace tajo::fuzz {

// Whether the client got the answers that it was due, in order, and nothing besides.
void CheckAnswers(const Transcript& transcript);

}  // namespace tajo::fuzz
