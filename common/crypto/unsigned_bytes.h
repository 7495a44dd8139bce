#pragma once

#include <string_view>

namespace tajo::crypto {

// What OpenSSL wants bytes as.
inline const unsigned char* UnsignedBytes(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace tajo::crypto
