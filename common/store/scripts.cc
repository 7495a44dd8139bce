#include "common/store/scripts.h"

#include "common/store/lua_scripts.h"

namespace tajo::store {

redis::Script OwnerScript(std::string_view body) {
  return redis::Script(std::string(lua::kOwner).append(body));
}

redis::Script DesiredScript(std::string_view body) {
  return redis::Script(std::string(lua::kDesired).append(body));
}

}  // namespace tajo::store
