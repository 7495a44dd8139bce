#pragma once

#include <string>
#include <string_view>

#include "common/redis/client.h"

namespace tajo::store {

// A script of an owner: `body` behind lua/owner.lua. Run it with OwnerArgs' keys and arguments first.
redis::Script OwnerScript(std::string_view body);

// One that reads contacts' desired states: `body` behind lua/desired.lua.
redis::Script DesiredScript(std::string_view body);

}  // namespace tajo::store
