#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tajo::store {

// Which contact of a connection: the first 16 bytes of SHA-256("email:" + trimmed lower-case e-mail).
// All zeros: no contact.
struct ContactId {
  std::array<uint8_t, 16> bytes{};

  static ContactId OfEmail(std::string_view email);
  static std::optional<ContactId> FromBytes(std::string_view sixteen);
  bool IsNone() const;
  std::string Bytes() const;  // 16 bytes, as they stand in the key's name
  std::string Hex() const;
  auto operator<=>(const ContactId&) const = default;
};

// One ownership of a connection: "<worker id>/<random>". Every script that writes on behalf of the
// owner compares it with the lease and refuses (LEASE_LOST) if it differs.
struct LeaseToken {
  std::string value;
  bool operator==(const LeaseToken&) const = default;
};

}  // namespace tajo::store
