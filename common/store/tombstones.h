#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "common/base/secret.h"
#include "common/store/ids.h"

namespace tajo::store {

// The marks that erased people leave, so that they stay erased: 16 bytes of HMAC-SHA256. Without the
// connection's erasure key, which is sealed, nobody can try out of whom they are.
class Tombstones {
 public:
  explicit Tombstones(base::Secret key) : key_(std::move(key)) {}

  std::string Of(const ContactId& contact) const;
  std::string OfAccount(std::string_view account_id) const;  // of Jira

 private:
  base::Secret key_;
};

}  // namespace tajo::store
