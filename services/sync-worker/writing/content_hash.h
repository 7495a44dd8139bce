#pragma once

#include <string>

#include "common/store/owner_store.h"

namespace tajo::worker {

// What a write would make of the contact in Brevo, as 16 bytes: equal to what was written last means
// that writing again changes nothing.
std::string ContentHash(const store::ContactToWrite& contact);

}  // namespace tajo::worker
