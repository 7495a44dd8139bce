#include "common/crypto/digest.h"
#include "common/crypto/unsigned_bytes.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <cstdlib>
#include <memory>

namespace tajo::crypto {
namespace {

// OpenSSL looks algorithms up under a lock at each use by name; fetched once, they are only used.
// Nothing here fails but without memory or with a broken OpenSSL: there is no way on then.
template <class T>
T* Required(T* pointer) {
  if (pointer == nullptr) std::abort();
  return pointer;
}

void Require(int result) {
  if (result != 1) std::abort();
}

const EVP_MD* Sha256Algorithm() {
  static const EVP_MD* const algorithm = Required(EVP_MD_fetch(nullptr, "SHA256", nullptr));
  return algorithm;
}

struct FreeMac {
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};
using MacContext = std::unique_ptr<EVP_MAC_CTX, FreeMac>;

MacContext MakeHmacSha256() {
  static EVP_MAC* const hmac = Required(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  MacContext context(Required(EVP_MAC_CTX_new(hmac)));
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                   OSSL_PARAM_construct_end()};
  Require(EVP_MAC_CTX_set_params(context.get(), parameters));
  return context;
}

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
  Require(EVP_Digest(message.data(), message.size(), digest.data(), &size, Sha256Algorithm(), nullptr));
  return digest;
}

Digest HmacSha256(std::string_view key, std::string_view message) {
  thread_local const MacContext kContext = MakeHmacSha256();
  EVP_MAC_CTX* const context = kContext.get();
  Digest digest{};
  std::size_t size = 0;
  // A null key means "the key of before" to OpenSSL.
  const std::string_view given = key.data() == nullptr ? std::string_view("") : key;
  Require(EVP_MAC_init(context, UnsignedBytes(given), given.size(), nullptr));
  Require(EVP_MAC_update(context, UnsignedBytes(message), message.size()));
  Require(EVP_MAC_final(context, digest.data(), &size, digest.size()));
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
