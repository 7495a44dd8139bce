#include "common/base/random.h"

#include <openssl/rand.h>

#include <array>
#include <cstdlib>
#include <cstring>

namespace tajo::base {

std::string Random::Hex(std::size_t bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes * 2);
  uint64_t word = 0;
  for (std::size_t i = 0; i < bytes; ++i) {
    if (i % 8 == 0) word = Next();
    out.push_back(kDigits[(word >> 4) & 0xf]);
    out.push_back(kDigits[word & 0xf]);
    word >>= 8;
  }
  return out;
}

uint64_t SystemRandom::Next() {
  std::array<unsigned char, sizeof(uint64_t)> bytes{};
  // Without randomness no secret can be made: there is no way on.
  if (RAND_bytes(bytes.data(), bytes.size()) != 1) std::abort();
  uint64_t value = 0;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

}  // namespace tajo::base
