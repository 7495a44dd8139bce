#include <openssl/evp.h>

#include <array>
#include <stdexcept>
#include <utility>

#include "common/redis/client.h"

namespace tajo::redis {
namespace {

std::string Sha1Hex(const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  // SHA-1 because Redis names scripts by it; nothing here rests on its strength.
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr) != 1) {
    throw std::runtime_error("OpenSSL has no SHA-1, by which Redis names scripts: allow it in openssl.cnf");
  }
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * size);
  for (unsigned int i = 0; i < size; ++i) {
    hex.push_back(kDigits[digest[i] >> 4]);
    hex.push_back(kDigits[digest[i] & 15]);
  }
  return hex;
}

}  // namespace

Script::Script(std::string body) : body_(std::move(body)), sha_(Sha1Hex(body_)) {}

}  // namespace tajo::redis
