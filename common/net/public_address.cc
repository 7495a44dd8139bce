#include "common/net/public_address.h"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>

namespace tajo::net {
namespace {

namespace ip = boost::asio::ip;

bool IsPublic(const ip::address_v4& address) {
  for (const char* const inner : {"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
                                  "172.16.0.0/12", "192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3"}) {
    const ip::network_v4 network = ip::make_network_v4(inner);
    if (ip::network_v4(address, network.prefix_length()).canonical() == network) return false;
  }
  return true;
}

bool IsPublic(const ip::address_v6& address) {
  if (address.is_v4_mapped()) return IsPublic(ip::make_address_v4(ip::v4_mapped, address));
  const bool unique_local = (address.to_bytes()[0] & 0xfe) == 0xfc;
  return !unique_local && !address.is_unspecified() && !address.is_loopback() && !address.is_link_local() &&
         !address.is_site_local() && !address.is_multicast();
}

}  // namespace

bool IsPublicAddress(std::string_view address) {
  boost::system::error_code error;
  const ip::address parsed = ip::make_address(std::string(address), error);
  if (error) return false;
  return parsed.is_v4() ? IsPublic(parsed.to_v4()) : IsPublic(parsed.to_v6());
}

}  // namespace tajo::net
