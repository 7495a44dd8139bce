#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tajo::crypto {

// RFC 4648. Decoding is strict, so that one value has one text: no white space, padding exactly
// where it belongs (never in base64url), unused bits zero.
std::string Base64(std::string_view bytes);
std::optional<std::string> UnBase64(std::string_view text);
std::string Base64Url(std::string_view bytes);
std::optional<std::string> UnBase64Url(std::string_view text);

}  // namespace tajo::crypto
