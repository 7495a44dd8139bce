#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/secret.h"

namespace tajo::crypto {

inline constexpr std::size_t kKeyBytes = 32;  // AES-256

// The keys that seal what is secret at rest (AES-256-GCM). Made once at start; reading it is
// thread-safe.
//
// Its file has a line a key, "<key id>: <32 bytes in base64>", and comments behind '#'. The first key
// seals; the others only open what was sealed with them, until everything is sealed anew.
class Keyring {
 public:
  // Refuses a file that others may read: wider than 0600, or than 0640 if another user (root, say)
  // owns it and gives us the group, as Kubernetes mounts secrets.
  static absl::StatusOr<Keyring> Load(const std::string& path);
  // `origin` names the text in errors.
  static absl::StatusOr<Keyring> Parse(std::string_view text, std::string_view origin);

  // `associated_data` (the record's key) isn't stored: Open needs the same, so a sealed value can't be
  // moved to another record. A random 96-bit nonce each: good for 2^32 values a key.
  std::string Seal(std::string_view plaintext, std::string_view associated_data) const;
  // CREDENTIALS_UNREADABLE, naming the key id, when the keyring lacks the key, or when the value or
  // its associated data was changed.
  absl::StatusOr<base::Secret> Open(std::string_view sealed, std::string_view associated_data) const;
  // Sealed with a key that isn't the active one.
  bool NeedsReseal(std::string_view sealed) const;

  const std::string& ActiveKeyId() const { return keys_.front().id; }

 private:
  struct Key {
    std::string id;
    base::Secret bytes;
  };

  Keyring() = default;
  absl::Status Add(std::string_view line);
  const Key* Find(std::string_view id) const;

  std::vector<Key> keys_;  // never empty once made
};

// The text of a keyring with one new key; `id` as "2026-11-23", in [A-Za-z0-9._-].
std::string GenerateKeyring(std::string_view id);
// The same with an id made at random.
std::string GenerateKeyring();

}  // namespace tajo::crypto
