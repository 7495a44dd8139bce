#include "common/net/url.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::net {
namespace {

using jira::v1::REQUEST_INVALID;

constexpr uint16_t kHttpPort = 80;
constexpr uint16_t kHttpsPort = 443;

absl::Status Invalid(std::string_view what) {
  return base::Error(REQUEST_INVALID, what);
}

// Locale-free: a host or scheme is ASCII.
char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}
bool IsAlnum(char c) {
  return IsDigit(c) || (Lower(c) >= 'a' && Lower(c) <= 'z');
}
bool IsUnreserved(char c) {
  return IsAlnum(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), Lower);
  return lower;
}

int HexDigit(char c) {
  if (IsDigit(c)) return c - '0';
  const char lower = Lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool IsHostName(std::string_view host) {
  if (host.empty() || host.size() > 253 || host.front() == '.' || host.front() == '-') return false;
  if (host.find("..") != std::string_view::npos) return false;
  return std::all_of(host.begin(), host.end(), [](char c) { return IsAlnum(c) || c == '-' || c == '.' || c == '_'; });
}

bool IsIpv6(std::string_view host) {
  return host.size() >= 2 && host.find(':') != std::string_view::npos &&
         std::all_of(host.begin(), host.end(), [](char c) { return HexDigit(c) >= 0 || c == ':' || c == '.'; });
}

std::optional<uint16_t> ParsePort(std::string_view text) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

// "host", "host:port", "[v6]:port" as host and port text; the host is not checked yet.
std::optional<std::pair<std::string_view, std::optional<std::string_view>>> SplitAuthority(std::string_view text) {
  std::string_view host = text;
  std::string_view rest;
  if (!text.empty() && text.front() == '[') {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    host = text.substr(1, close - 1);
    rest = text.substr(close + 1);
    if (!IsIpv6(host)) return std::nullopt;
  } else {
    const std::size_t colon = text.find(':');
    host = text.substr(0, colon);
    rest = colon == std::string_view::npos ? std::string_view() : text.substr(colon);
  }
  if (rest.empty()) return std::make_pair(host, std::nullopt);
  if (rest.front() != ':') return std::nullopt;
  return std::make_pair(host, std::make_optional(rest.substr(1)));
}

// Every byte that isn't printable ASCII: white space and control characters (a line feed would end
// the request line), and what should have been percent-encoded.
bool HasStrangeBytes(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return c <= ' ' || c > '~'; });
}

std::string DecodeFormPart(std::string_view part) {
  std::string spaced(part);
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  return DecodePercent(spaced).value_or(spaced);
}

}  // namespace

std::string Url::Origin() const {
  const bool own_port = port == (scheme == "https" ? kHttpsPort : kHttpPort);
  const std::string shown = host.find(':') == std::string::npos ? host : fmt::format("[{}]", host);
  return own_port ? fmt::format("{}://{}", scheme, shown) : fmt::format("{}://{}:{}", scheme, shown, port);
}

absl::StatusOr<Url> ParseUrl(std::string_view text) {
  if (HasStrangeBytes(text)) return Invalid("the URL has a space or a character that must be percent-encoded");
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) return Invalid("the URL has no scheme: write https://host/path");
  Url url;
  url.scheme = LowerCase(text.substr(0, colon));
  if (url.scheme != "https" && url.scheme != "http") return Invalid("the URL's scheme is neither https nor http");

  std::string_view rest = text.substr(colon + 3);
  rest = rest.substr(0, rest.find('#'));
  const std::size_t authority_end = rest.find_first_of("/?\\");
  const std::string_view authority = rest.substr(0, authority_end);
  rest = authority_end == std::string_view::npos ? std::string_view() : rest.substr(authority_end);

  if (authority.find('@') != std::string_view::npos) return Invalid("the URL has a user name in it: leave it out");
  const auto parts = SplitAuthority(authority);
  if (!parts) return Invalid("the URL's host can't be read");
  const auto& [host, port] = *parts;
  if (!IsIpv6(host) && !IsHostName(host)) return Invalid("the URL has no valid host name");
  url.host = LowerCase(host);
  url.port = url.scheme == "https" ? kHttpsPort : kHttpPort;
  if (port) {
    const auto number = ParsePort(*port);
    if (!number || *number == 0) return Invalid("the URL's port isn't a number from 1 to 65535");
    url.port = *number;
  }

  const std::size_t question = rest.find('?');
  if (question != 0 && !rest.empty()) url.path = std::string(rest.substr(0, question));
  if (url.path.front() != '/') return Invalid("the URL has a backslash after its host");
  if (question != std::string_view::npos) url.query = std::string(rest.substr(question + 1));
  return url;
}

absl::StatusOr<HostPort> ParseHostPort(std::string_view text) {
  const auto parts = SplitAuthority(text);
  if (!parts || !parts->second) return Invalid("an address is host:port, such as 0.0.0.0:8080 or [::1]:8080");
  const auto port = ParsePort(*parts->second);
  if (!port) return Invalid("the address's port isn't a number from 0 to 65535");
  if (!parts->first.empty() && !IsIpv6(parts->first) && !IsHostName(parts->first)) {
    return Invalid("the address has no valid host");
  }
  return HostPort{LowerCase(parts->first), *port};
}

absl::StatusOr<std::string> NormaliseSiteUrl(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\n')) text.remove_suffix(1);
  if (text.empty()) return Invalid("the site URL is empty: write https://your-domain.atlassian.net");
  const bool has_scheme = text.find("://") != std::string_view::npos;
  const std::string absolute = has_scheme ? std::string(text) : fmt::format("https://{}", text);
  const auto url = ParseUrl(absolute);
  if (!url.ok()) return base::Annotate(url.status(), "site URL");
  return url->Origin();
}

std::string EncodePathSegment(std::string_view segment) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(segment.size() + segment.size() / 4);
  for (const char c : segment) {
    if (IsUnreserved(c)) {
      encoded.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded.push_back('%');
    encoded.push_back(kHex[byte >> 4]);
    encoded.push_back(kHex[byte & 15]);
  }
  return encoded;
}

std::string EncodeQueryValue(std::string_view value) {
  return EncodePathSegment(value);
}

std::optional<std::string> DecodePercent(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = HexDigit(text[i + 1]);
    const int low = HexDigit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return decoded;
}

QueryParams ParseQuery(std::string_view query) {
  QueryParams params;
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view part = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    if (part.empty()) continue;
    const std::size_t equals = part.find('=');
    const std::string_view value = equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1);
    params.emplace_back(DecodeFormPart(part.substr(0, equals)), DecodeFormPart(value));
  }
  return params;
}

std::optional<std::string> FindQueryParam(std::string_view query, std::string_view name) {
  for (auto& [key, value] : ParseQuery(query)) {
    if (key == name) return std::move(value);
  }
  return std::nullopt;
}

}  // namespace tajo::net
