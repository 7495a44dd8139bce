#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "common/net/http_client.h"

namespace tajo::net {

struct CurlOptions {
  // Connections to one host at a time; requests beyond that wait, within their own time-out.
  // 0: as many as there are requests. Over HTTP/2 requests share a connection anyway.
  std::size_t max_connections_per_host = 0;
  // Idle connections kept over all hosts, and for how long.
  std::size_t max_idle_connections = 512;
  std::chrono::seconds idle_timeout{55};
  std::chrono::milliseconds connect_timeout{10'000};  // name look-up, TCP and TLS
  std::string ca_file;                                // instead of the system's; for tests and private sites
  bool allow_insecure = false;                        // false: http:// is refused with UPSTREAM_INSECURE
  // Hosts that lead to an address within this network are refused with UPSTREAM_INSECURE: whoever names one
  // must not reach what only we can. Not where a proxy connects, whose address is all that is seen.
  bool public_only = false;
};

// HTTP/2 over TLS (1.2 or later, certificates always verified) and HTTP/1.1 without, with pooled
// connections, gzip, and proxies from the environment; redirects are answers like any other.
// The client may die before its requests end: they go on.
std::unique_ptr<HttpClient> MakeCurlClient(boost::asio::io_context& context, CurlOptions options);

}  // namespace tajo::net
