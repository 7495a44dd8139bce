#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tajo::crypto {

using Digest = std::array<uint8_t, 32>;

Digest Sha256(std::string_view message);
Digest HmacSha256(std::string_view key, std::string_view message);

// Lower-case hex.
std::string Hex(std::span<const uint8_t> bytes);
std::string Hex(std::string_view bytes);
// The bytes of hex in either case; nothing for an odd length or any other character.
std::optional<std::string> UnHex(std::string_view hex);

// The bytes of a digest, to compare or store.
std::string_view Bytes(const Digest& digest);

// Takes the same time wherever the first difference is. The lengths are not secret.
bool ConstantTimeEquals(std::string_view a, std::string_view b);

}  // namespace tajo::crypto
