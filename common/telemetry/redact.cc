#include "common/telemetry/redact.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace tajo::telemetry {
namespace {

constexpr std::string_view kRedacted = "[redacted]";
constexpr std::string_view kEmail = "[email]";

// In lower case, without '-' and '_'.
constexpr std::array<std::string_view, 17> kSensitiveParts = {
    "token",       "secret",     "password",   "passwd",    "passphrase", "authorization",
    "apikey",      "privatekey", "credential", "cookie",    "email",      "body",
    "displayname", "phone",      "jwt",        "signature", "whatsapp"};
// Names that stand before `=` or `:` inside a text, a URL or a JSON body.
constexpr std::array<std::string_view, 9> kNamesInText = {"client_secret", "access_token",  "refresh_token",
                                                          "api_token",     "api-key",       "api_key",
                                                          "password",      "authorization", "assertion"};
constexpr std::array<std::string_view, 5> kTokenPrefixes = {"xkeysib-", "xsmtpsib-", "ATATT", "ATCTT", "eyJ"};
constexpr std::array<std::string_view, 2> kSchemes = {"bearer", "basic"};
// What follows the name of a scheme in plain speech.
constexpr std::array<std::string_view, 5> kAfterSchemeInProse = {"auth", "authentication", "authorization", "token",
                                                                 "tokens"};

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
bool IsAlnum(char c) {
  return (c >= '0' && c <= '9') || (Lower(c) >= 'a' && Lower(c) <= 'z');
}
bool IsSpace(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}
// Bytes of UTF-8 beyond ASCII count as letters: internationalised addresses.
bool IsLetterLike(char c) {
  return IsAlnum(c) || static_cast<unsigned char>(c) >= 0x80;
}
bool IsLocalPart(char c) {
  return IsLetterLike(c) || std::string_view("._%+-'!#$&*=?^`{|}~").find(c) != std::string_view::npos;
}
bool IsDomain(char c) {
  return IsLetterLike(c) || c == '.' || c == '-';
}
bool IsToken(char c) {
  return IsAlnum(c) || std::string_view("-_.~+/=").find(c) != std::string_view::npos;
}
bool EndsValue(char c) {
  return IsSpace(c) || std::string_view("&\"',;}])<>\\").find(c) != std::string_view::npos;
}

bool StartsWithNoCase(std::string_view text, std::string_view lower_prefix) {
  return text.size() >= lower_prefix.size() && std::equal(lower_prefix.begin(), lower_prefix.end(), text.begin(),
                                                          [](char a, char b) { return a == Lower(b); });
}

std::size_t SkipWhile(std::string_view text, std::size_t at, bool (*is)(char)) {
  while (at < text.size() && is(text[at])) ++at;
  return at;
}

// Each of these looks at `text` from `at` and returns the end of the value that is to be hidden, having
// set `begin` to its start; or 0 when there is none.

std::size_t MatchToken(std::string_view text, std::size_t at, std::size_t& begin) {
  for (const std::string_view prefix : kTokenPrefixes) {
    if (!text.substr(at).starts_with(prefix)) continue;
    const std::size_t end = SkipWhile(text, at + prefix.size(), IsToken);
    if (end - at < prefix.size() + 4) continue;
    begin = at;
    return end;
  }
  return 0;
}

std::size_t MatchScheme(std::string_view text, std::size_t at, std::size_t& begin) {
  for (const std::string_view scheme : kSchemes) {
    if (!StartsWithNoCase(text.substr(at), scheme)) continue;
    const std::size_t value = SkipWhile(text, at + scheme.size(), IsSpace);
    const std::size_t end = SkipWhile(text, value, IsToken);
    if (value == at + scheme.size() || end == value) continue;
    const std::string_view word = text.substr(value, end - value);
    const bool prose = std::ranges::any_of(kAfterSchemeInProse, [word](std::string_view plain) {
      return word.size() == plain.size() && StartsWithNoCase(word, plain);
    });
    if (prose) continue;
    begin = value;
    return end;
  }
  return 0;
}

std::size_t MatchNamedValue(std::string_view text, std::size_t at, std::size_t& begin) {
  for (const std::string_view name : kNamesInText) {
    if (!StartsWithNoCase(text.substr(at), name)) continue;
    std::size_t value = at + name.size();
    const auto is_quote_or_space = [](char c) { return c == '"' || c == '\'' || c == '\\' || IsSpace(c); };
    value = SkipWhile(text, value, is_quote_or_space);
    if (value >= text.size() || (text[value] != '=' && text[value] != ':')) continue;
    value = SkipWhile(text, value + 1, is_quote_or_space);
    // "Authorization: Bearer x" hides the scheme too.
    std::size_t end = value;
    for (const std::string_view scheme : kSchemes) {
      if (StartsWithNoCase(text.substr(value), scheme)) end = SkipWhile(text, value + scheme.size(), IsSpace);
    }
    while (end < text.size() && !EndsValue(text[end])) ++end;
    if (end == value) continue;
    begin = value;
    return end;
  }
  return 0;
}

// user:password of a URL.
std::size_t MatchUserInfo(std::string_view text, std::size_t at, std::size_t& begin) {
  if (!text.substr(at).starts_with("://")) return 0;
  std::size_t end = 0;
  for (std::size_t i = at + 3; i < text.size() && text[i] != '/' && !EndsValue(text[i]); ++i) {
    if (text[i] == '@') end = i;
  }
  if (end <= at + 3) return 0;
  begin = at + 3;
  return end;
}

// `floor`: up to here all is hidden already.
std::size_t MatchEmail(std::string_view text, std::size_t at, std::size_t floor, std::size_t& begin) {
  const std::size_t sign = text[at] == '@' ? 1 : StartsWithNoCase(text.substr(at), "%40") ? 3 : 0;
  if (sign == 0 || at == 0) return 0;
  std::size_t local = at;
  while (local > floor && IsLocalPart(text[local - 1])) --local;
  std::size_t end = SkipWhile(text, at + sign, IsDomain);
  while (end > at + sign && (text[end - 1] == '.' || text[end - 1] == '-')) --end;
  if (local == at || end == at + sign) return 0;
  begin = local;
  return end;
}

}  // namespace

bool IsSensitiveName(std::string_view name) {
  std::string plain;
  plain.reserve(name.size());
  for (const char c : name) {
    if (c != '-' && c != '_' && c != '.' && c != ' ') plain.push_back(Lower(c));
  }
  return std::ranges::any_of(kSensitiveParts,
                             [&plain](std::string_view part) { return plain.find(part) != std::string::npos; });
}

std::string Redact(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  std::size_t copied = 0;
  std::size_t at = 0;
  const auto hide = [&](std::size_t begin, std::size_t end, std::string_view instead) {
    out.append(text.substr(copied, begin - copied));
    out.append(instead);
    copied = at = end;
  };
  while (at < text.size()) {
    std::size_t begin = 0;
    if (const std::size_t end = MatchEmail(text, at, copied, begin)) {
      hide(begin, end, kEmail);
      continue;
    }
    if (const std::size_t end = MatchUserInfo(text, at, begin)) {
      hide(begin, end, kRedacted);
      continue;
    }
    const bool at_word = at == 0 || !IsAlnum(text[at - 1]);
    std::size_t end = at_word ? MatchNamedValue(text, at, begin) : 0;
    if (end == 0 && at_word) end = MatchScheme(text, at, begin);
    if (end == 0) end = MatchToken(text, at, begin);
    if (end != 0) {
      hide(begin, end, kRedacted);
      continue;
    }
    ++at;
  }
  out.append(text.substr(copied));
  return out;
}

}  // namespace tajo::telemetry
