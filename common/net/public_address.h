#pragma once

#include <string_view>

namespace tajo::net {

// Whether this IP address is one of the public net: not this machine's, a private net's (RFC 1918, 4193,
// 6598), link-local, multicast or unspecified. What isn't an IP address is none.
bool IsPublicAddress(std::string_view address);

}  // namespace tajo::net
