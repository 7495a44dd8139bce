#include "common/crypto/sealing.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <optional>

#include "common/base/error.h"
#include "common/base/random.h"
#include "common/crypto/base64.h"
#include "common/crypto/unsigned_bytes.h"
#include "tajo/jira/v1/error.pb.h"

// A sealed value: version (1), length of the key id, key id, nonce (12), ciphertext, tag (16).
// Authenticated with it: everything before the nonce, then the associated data.
namespace tajo::crypto {
namespace {

constexpr char kVersion = 1;
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;

struct Envelope {
  std::string_view prefix;  // version, length and key id
  std::string_view key_id;
  std::string_view nonce;
  std::string_view ciphertext;
  std::string_view tag;
};

std::optional<Envelope> ReadEnvelope(std::string_view sealed) {
  if (sealed.size() < 2 || sealed[0] != kVersion) return std::nullopt;
  const std::size_t id_size = static_cast<unsigned char>(sealed[1]);
  const std::size_t prefix_size = 2 + id_size;
  if (sealed.size() < prefix_size + kNonceBytes + kTagBytes) return std::nullopt;
  const std::size_t ciphertext_size = sealed.size() - prefix_size - kNonceBytes - kTagBytes;
  Envelope envelope;
  envelope.prefix = sealed.substr(0, prefix_size);
  envelope.key_id = sealed.substr(2, id_size);
  envelope.nonce = sealed.substr(prefix_size, kNonceBytes);
  envelope.ciphertext = sealed.substr(prefix_size + kNonceBytes, ciphertext_size);
  envelope.tag = sealed.substr(sealed.size() - kTagBytes);
  return envelope;
}

// OpenSSL fails here only without memory or when misused: there is no way on.
void Must(int result) {
  if (result != 1) std::abort();
}

// One run of AES-256-GCM, either way. Update takes an int, so large values go in pieces.
class Cipher {
 public:
  enum class Direction { kOpen = 0, kSeal = 1 };

  Cipher(Direction direction, const base::Secret& key, std::string_view nonce) : context_(EVP_CIPHER_CTX_new()) {
    if (!context_) std::abort();
    Must(EVP_CipherInit_ex(context_.get(), EVP_aes_256_gcm(), nullptr, UnsignedBytes(key.Reveal()),
                           UnsignedBytes(nonce), static_cast<int>(direction)));
  }

  void Authenticate(std::string_view bytes) { Update(bytes, nullptr); }

  std::string Transform(std::string_view bytes) {
    std::string out(bytes.size(), '\0');
    Update(bytes, reinterpret_cast<unsigned char*>(out.data()));
    return out;
  }

  std::string FinishSealing() {
    std::array<unsigned char, kTagBytes> rest{};
    int written = 0;
    Must(EVP_CipherFinal_ex(context_.get(), rest.data(), &written));
    std::string tag(kTagBytes, '\0');
    Must(EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_GET_TAG, kTagBytes, tag.data()));
    return tag;
  }

  bool FinishOpening(std::string_view tag) {
    std::string expected(tag);
    Must(EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_SET_TAG, kTagBytes, expected.data()));
    std::array<unsigned char, kTagBytes> rest{};
    int written = 0;
    return EVP_CipherFinal_ex(context_.get(), rest.data(), &written) == 1;
  }

 private:
  struct Free {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
  };

  void Update(std::string_view bytes, unsigned char* out) {
    constexpr std::size_t kPiece = std::size_t{1} << 30;
    for (std::size_t at = 0; at < bytes.size(); at += kPiece) {
      const std::string_view piece = bytes.substr(at, kPiece);
      int written = 0;
      Must(EVP_CipherUpdate(context_.get(), out == nullptr ? nullptr : out + at, &written, UnsignedBytes(piece),
                            static_cast<int>(piece.size())));
    }
  }

  std::unique_ptr<EVP_CIPHER_CTX, Free> context_;
};

std::string RandomBytes(std::size_t count) {
  std::string bytes(count, '\0');
  Must(RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)));
  return bytes;
}

absl::Status Unreadable(std::string_view message) {
  return base::Error(jira::v1::CREDENTIALS_UNREADABLE, message);
}

}  // namespace

std::string Keyring::Seal(std::string_view plaintext, std::string_view associated_data) const {
  const Key& key = keys_.front();
  std::string sealed{kVersion, static_cast<char>(key.id.size())};
  sealed += key.id;
  // Never from an injected source: a nonce used twice would give the key away.
  const std::string nonce = RandomBytes(kNonceBytes);
  Cipher cipher(Cipher::Direction::kSeal, key.bytes, nonce);
  cipher.Authenticate(sealed);
  cipher.Authenticate(associated_data);
  sealed += nonce;
  sealed += cipher.Transform(plaintext);
  sealed += cipher.FinishSealing();
  return sealed;
}

absl::StatusOr<base::Secret> Keyring::Open(std::string_view sealed, std::string_view associated_data) const {
  const auto envelope = ReadEnvelope(sealed);
  if (!envelope) return Unreadable("a sealed record is cut short or isn't a sealed record");
  const Key* key = Find(envelope->key_id);
  if (key == nullptr) {
    // The id comes from the store and may be anything.
    const bool printable = std::ranges::all_of(envelope->key_id, [](char c) { return c > ' ' && c <= '~'; });
    return Unreadable(fmt::format("sealed with the key '{}', which the keyring lacks: add that key to the keyring file",
                                  printable ? envelope->key_id : std::string_view("(unreadable)")));
  }
  Cipher cipher(Cipher::Direction::kOpen, key->bytes, envelope->nonce);
  cipher.Authenticate(envelope->prefix);
  cipher.Authenticate(associated_data);
  base::Secret plaintext(cipher.Transform(envelope->ciphertext));
  if (!cipher.FinishOpening(envelope->tag)) {
    return Unreadable(fmt::format(
        "the key '{}' doesn't open this record: it was changed or moved, or the keyring has another key of that id",
        key->id));
  }
  return plaintext;
}

bool Keyring::NeedsReseal(std::string_view sealed) const {
  const auto envelope = ReadEnvelope(sealed);
  return !envelope || envelope->key_id != ActiveKeyId();
}

const Keyring::Key* Keyring::Find(std::string_view id) const {
  const auto found = std::ranges::find(keys_, id, &Key::id);
  return found == keys_.end() ? nullptr : &*found;
}

std::string GenerateKeyring(std::string_view id) {
  return fmt::format(
      "# Keys that seal credentials at rest. Keep this file at mode 0600 and a copy in a safe place:\n"
      "# without it no stored credential can be read.\n"
      "# The first key seals. To rotate, put a new key above the others and restart; remove an old key\n"
      "# only when nothing is sealed with it any more.\n"
      "{}: {}\n",
      id, Base64(RandomBytes(kKeyBytes)));
}

std::string GenerateKeyring() {
  return GenerateKeyring("key-" + base::SystemRandom().Hex(4));
}

}  // namespace tajo::crypto
