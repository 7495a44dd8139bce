#include "common/redis/url.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <utility>

#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::redis {
namespace {

namespace v1 = ::tajo::jira::v1;

constexpr uint16_t kRedisPort = 6379;
constexpr uint16_t kSentinelPort = 26379;
constexpr int kMaxDb = 65'535;

absl::Status Invalid(std::string_view what) {
  return base::FieldError(v1::REQUEST_INVALID, "redis-url", fmt::format("Redis URL: {}", what));
}

template <class Number>
std::optional<Number> ParseNumber(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

int HexValue(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

std::optional<std::string> PercentDecode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = HexValue(text[i + 1]);
    const int low = HexValue(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return decoded;
}

// Cuts `text` at the first `mark`; gives what stood behind it.
std::optional<std::string_view> CutAt(std::string_view& text, char mark) {
  const std::size_t at = text.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = text.substr(at + 1);
  text = text.substr(0, at);
  return rest;
}

absl::Status ParseLogin(std::string_view login, Url& url) {
  const auto password = CutAt(login, ':');
  // "redis://secret@host" names a user in the URL's grammar, but many mean the password by it.
  if (!password) return Invalid("the login must be user:password@ or :password@");
  auto decoded_user = PercentDecode(login);
  auto decoded_password = PercentDecode(*password);
  if (!decoded_user || !decoded_password) {
    return Invalid("the login has a % that isn't followed by two hex digits; write % itself as %25");
  }
  if (decoded_password->empty()) return Invalid("the login has no password; leave the login out if there is none");
  url.user = *std::move(decoded_user);
  url.password = base::Secret(*std::move(decoded_password));
  return absl::OkStatus();
}

absl::Status ParseDb(std::string_view text, Url& url) {
  const auto db = ParseNumber<int>(text);
  if (!db || *db < 0 || *db > kMaxDb) return Invalid("the database must be a number from 0, as in /0 or ?db=0");
  url.db = *db;
  return absl::OkStatus();
}

absl::Status ParseQuery(std::string_view query, Url& url) {
  while (!query.empty()) {
    std::string_view item = query;
    query = CutAt(item, '&').value_or(std::string_view());
    const auto value = CutAt(item, '=');
    if (item != "db" || !value) return Invalid("the only option it may have is ?db=N");
    TAJO_RETURN_IF_ERROR(ParseDb(*value, url));
  }
  return absl::OkStatus();
}

absl::Status ParseAddresses(std::string_view text, uint16_t default_port, Url& url) {
  if (text.empty()) return Invalid("the host is missing, as in redis://127.0.0.1:6379");
  for (bool more = true; more;) {
    std::string_view item = text;
    const auto rest = CutAt(item, ',');
    more = rest.has_value();
    if (more) text = *rest;
    TAJO_ASSIGN_OR_RETURN(Address address, ParseAddress(item, default_port));
    url.addresses.push_back(std::move(address));
  }
  return absl::OkStatus();
}

}  // namespace

std::string ToString(const Address& address) {
  const bool is_ipv6 = address.host.find(':') != std::string::npos;
  return is_ipv6 ? fmt::format("[{}]:{}", address.host, address.port)
                 : fmt::format("{}:{}", address.host, address.port);
}

absl::StatusOr<Address> ParseAddress(std::string_view text, uint16_t default_port) {
  Address address{"", default_port};
  std::optional<std::string_view> port;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return Invalid("an IPv6 address lacks its ']'");
    address.host = text.substr(1, end - 1);
    const std::string_view rest = text.substr(end + 1);
    if (!rest.empty() && rest.front() != ':') return Invalid("after an IPv6 address only :port may follow");
    if (!rest.empty()) port = rest.substr(1);
  } else {
    port = CutAt(text, ':');
    if (port && port->find(':') != std::string_view::npos) return Invalid("write an IPv6 address in brackets: [::1]");
    address.host = text;
  }
  if (address.host.empty()) return Invalid("a host is empty");
  if (address.host.find_first_of(" \t\r\n@/?#") != std::string::npos) return Invalid("a host has a bad character");
  if (port) {
    const auto number = ParseNumber<uint16_t>(*port);
    if (!number || *number == 0) return Invalid("a port must be a number from 1 to 65535");
    address.port = *number;
  }
  return address;
}

absl::StatusOr<Url> ParseUrl(std::string_view text) {
  const std::size_t scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos) return Invalid("it must begin with a scheme, as in redis://127.0.0.1:6379");
  const std::string_view scheme = text.substr(0, scheme_end);
  std::string_view rest = text.substr(scheme_end + 3);

  Url url;
  const bool is_unix = scheme == "unix";
  if (scheme == "rediss") {
    url.tls = true;
  } else if (scheme == "redis+sentinel") {
    url.topology = Topology::kSentinel;
  } else if (scheme == "redis+cluster") {
    url.topology = Topology::kCluster;
  } else if (scheme != "redis" && !is_unix) {
    return Invalid("its scheme must be redis, rediss, unix, redis+sentinel or redis+cluster");
  }

  // A raw @ or ? in a password is a common slip: the last @ of the authority ends the login, so
  // that no part of it is taken for a host and printed.
  if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
    TAJO_RETURN_IF_ERROR(ParseLogin(rest.substr(0, at), url));
    rest = rest.substr(at + 1);
  }
  const std::string_view query = CutAt(rest, '?').value_or(std::string_view());

  if (is_unix) {
    if (!rest.starts_with('/')) return Invalid("unix:// needs an absolute path: unix:///run/redis.sock");
    url.socket_path = rest;
    TAJO_RETURN_IF_ERROR(ParseQuery(query, url));
    return url;
  }

  std::string_view path = CutAt(rest, '/').value_or(std::string_view());
  const uint16_t port = url.topology == Topology::kSentinel ? kSentinelPort : kRedisPort;
  TAJO_RETURN_IF_ERROR(ParseAddresses(rest, port, url));
  if (url.topology == Topology::kSingle && url.addresses.size() > 1) {
    return Invalid("several hosts need redis+sentinel:// or redis+cluster://");
  }
  if (url.topology == Topology::kSentinel) {
    const std::string_view master = path;
    path = CutAt(path, '/').value_or(std::string_view());
    url.master = master.substr(0, master.find('/'));
    if (url.master.empty()) return Invalid("the master's name is missing: redis+sentinel://h1,h2/master");
  }
  if (!path.empty()) TAJO_RETURN_IF_ERROR(ParseDb(path, url));
  TAJO_RETURN_IF_ERROR(ParseQuery(query, url));
  if (url.topology == Topology::kCluster && url.db != 0) return Invalid("a cluster has database 0 only");
  return url;
}

}  // namespace tajo::redis
