#include "common/base/secret.h"

#include <openssl/crypto.h>

namespace tajo::base {

Secret& Secret::operator=(const Secret& other) {
  if (this != &other) {
    Wipe();
    value_ = other.value_;
  }
  return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    Wipe();
    value_ = std::move(other.value_);
    other.Wipe();
  }
  return *this;
}

void Secret::Wipe() {
  OPENSSL_cleanse(value_.data(), value_.size());
  value_.clear();
}

}  // namespace tajo::base
