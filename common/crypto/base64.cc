#include "common/crypto/base64.h"

#include <array>
#include <cstdint>

namespace tajo::crypto {
namespace {

constexpr std::string_view kStandard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

using Values = std::array<int8_t, 256>;

constexpr Values ValuesOf(std::string_view alphabet) {
  Values values{};
  for (int8_t& value : values) value = -1;
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    values[static_cast<unsigned char>(alphabet[i])] = static_cast<int8_t>(i);
  }
  return values;
}

constexpr Values kStandardValues = ValuesOf(kStandard);
constexpr Values kUrlValues = ValuesOf(kUrl);

// Without padding.
std::string Encode(std::string_view bytes, std::string_view alphabet) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  uint32_t bits = 0;
  int count = 0;
  for (const char byte : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(byte);
    for (count += 8; count >= 6;) {
      count -= 6;
      text.push_back(alphabet[bits >> count & 0x3f]);
    }
  }
  if (count > 0) text.push_back(alphabet[bits << (6 - count) & 0x3f]);
  return text;
}

std::optional<std::string> Decode(std::string_view text, const Values& values) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  uint32_t bits = 0;
  int count = 0;
  for (const char character : text) {
    const int value = values[static_cast<unsigned char>(character)];
    if (value < 0) return std::nullopt;
    bits = bits << 6 | static_cast<uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes.push_back(static_cast<char>(bits >> count & 0xff));
    }
  }
  if ((bits & ((1U << count) - 1)) != 0) return std::nullopt;
  return bytes;
}

}  // namespace

std::string Base64(std::string_view bytes) {
  std::string text = Encode(bytes, kStandard);
  text.append((4 - text.size() % 4) % 4, '=');
  return text;
}

std::optional<std::string> UnBase64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) text.remove_suffix(1);
  return Decode(text, kStandardValues);
}

std::string Base64Url(std::string_view bytes) {
  return Encode(bytes, kUrl);
}

std::optional<std::string> UnBase64Url(std::string_view text) {
  return Decode(text, kUrlValues);
}

}  // namespace tajo::crypto
