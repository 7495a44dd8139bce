#pragma once

#include <sys/types.h>

#include <cstdint>

#include "tests/support/http_certs.h"

namespace tajo::testing {

// An nginx of the test's own that speaks HTTP/2 over TLS on 127.0.0.1: a server that isn't ours.
// Answers every request with "<protocol> <number of the connection>".
class NginxServer {
 public:
  static bool IsInstalled();
  explicit NginxServer(const CertFiles& certificate);
  ~NginxServer();
  NginxServer(const NginxServer&) = delete;
  NginxServer& operator=(const NginxServer&) = delete;
  uint16_t Port() const { return port_; }

 private:
  TempFolder folder_;
  uint16_t port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace tajo::testing
