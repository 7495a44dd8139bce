#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace tajo::net {

struct Url {
  std::string scheme;      // "https", lower case
  std::string host;        // lower case; an IPv6 address without its brackets
  uint16_t port = 0;       // the scheme's own where the URL names none
  std::string path = "/";  // as written, never empty
  std::string query;       // without '?'

  // "https://example.com", or with ":8443" where the port isn't the scheme's own.
  std::string Origin() const;
};

// An absolute http or https URL; a fragment is dropped. REQUEST_INVALID otherwise, also for a URL
// with a user name: credentials don't belong there. The error never repeats the text.
absl::StatusOr<Url> ParseUrl(std::string_view text);

struct HostPort {
  std::string host;  // may be empty: every interface
  uint16_t port = 0;
};
// "127.0.0.1:8080", "[::1]:8080", ":8080". REQUEST_INVALID otherwise.
absl::StatusOr<HostPort> ParseHostPort(std::string_view text);

// A Jira site as people type it ("Your-Domain.atlassian.net/jira/") as its origin
// ("https://your-domain.atlassian.net"). REQUEST_INVALID where there is no host to be found.
absl::StatusOr<std::string> NormaliseSiteUrl(std::string_view text);

// Everything but unreserved characters (RFC 3986) as %XX: good for one path segment and for a query
// value alike. The segments "." and ".." can't be hidden from a server this way: don't build them.
std::string EncodePathSegment(std::string_view segment);
std::string EncodeQueryValue(std::string_view value);

// Nothing where a '%' isn't followed by two hex digits.
std::optional<std::string> DecodePercent(std::string_view text);

// "a=1&b=x+y" in order, decoded, '+' as a space. A part that can't be decoded is left as it is.
using QueryParams = std::vector<std::pair<std::string, std::string>>;
QueryParams ParseQuery(std::string_view query);
// The first value of that name.
std::optional<std::string> FindQueryParam(std::string_view query, std::string_view name);

}  // namespace tajo::net
