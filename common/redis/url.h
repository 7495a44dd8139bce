#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/secret.h"

namespace tajo::redis {

struct Address {
  std::string host;  // a name, an IPv4 address, or an IPv6 address without brackets
  uint16_t port = 6379;
  bool operator==(const Address&) const = default;
};

std::string ToString(const Address& address);
// "host", "host:port", "[::1]:port".
absl::StatusOr<Address> ParseAddress(std::string_view text, uint16_t default_port);

enum class Topology { kSingle, kSentinel, kCluster };

// Where Redis is and how to log in:
//   redis://[user:password@]host[:port][/db]      rediss:// for TLS
//   unix:///run/redis.sock[?db=0]                 unix://user:password@/run/redis.sock
//   redis+sentinel://[user:password@]h1[:26379],h2/master[/db]
//   redis+cluster://[user:password@]h1[:6379],h2
// User and password are percent-encoded. `?db=N` works for all but the cluster.
struct Url {
  Topology topology = Topology::kSingle;
  bool tls = false;
  std::string socket_path;         // unix:// only
  std::vector<Address> addresses;  // one for kSingle over TCP, else the seeds
  std::string master;              // kSentinel
  std::string user;                // empty: the default user
  base::Secret password;           // empty: no AUTH
  int db = 0;
};

// REQUEST_INVALID names what is wrong, without any part of the login.
absl::StatusOr<Url> ParseUrl(std::string_view text);

}  // namespace tajo::redis
