#include "common/crypto/digest.h"
#include "common/crypto/unsigned_bytes.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <climits>
#include <cstdlib>

namespace tajo::crypto {
namespace {

int HexValue(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

}  // namespace

Digest Sha256(std::string_view message) {
  Digest digest{};
  unsigned int size = 0;
  // Fails only without memory or with a broken OpenSSL: there is no way on.
  if (EVP_Digest(message.data(), message.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) std::abort();
  return digest;
}

Digest HmacSha256(std::string_view key, std::string_view message) {
  // RFC 2104: a key longer than a block is replaced by its digest. Done here for the lengths that
  // OpenSSL's int can't hold; the result is the same for all.
  if (key.size() > INT_MAX) return HmacSha256(Bytes(Sha256(key)), message);
  Digest digest{};
  unsigned int size = 0;
  // A null key means "the key of before" to OpenSSL.
  const void* key_bytes = key.data() == nullptr ? "" : key.data();
  if (HMAC(EVP_sha256(), key_bytes, static_cast<int>(key.size()), UnsignedBytes(message), message.size(), digest.data(),
           &size) == nullptr) {
    std::abort();
  }
  return digest;
}

std::string Hex(std::span<const uint8_t> bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(bytes.size() * 2);
  for (const uint8_t byte : bytes) {
    hex.push_back(kDigits[byte >> 4]);
    hex.push_back(kDigits[byte & 0xf]);
  }
  return hex;
}

std::string Hex(std::string_view bytes) {
  return Hex(std::span(UnsignedBytes(bytes), bytes.size()));
}

std::optional<std::string> UnHex(std::string_view hex) {
  if (hex.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  bytes.reserve(hex.size() / 2);
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const int high = HexValue(hex[i]);
    const int low = HexValue(hex[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes.push_back(static_cast<char>(high << 4 | low));
  }
  return bytes;
}

std::string_view Bytes(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

bool ConstantTimeEquals(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace tajo::crypto
