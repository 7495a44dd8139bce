#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tajo::testing {

enum class TlsVersion { k1_0, k1_1, k1_2, k1_3 };

// A client of the loopback interface that speaks this one version of TLS, also those that nobody should speak any
// more. It trusts `ca_file` and wants the certificate to be 127.0.0.1's. Blocking; every read gives up after ten
// seconds.
class TlsPeer {
 public:
  TlsPeer(uint16_t port, TlsVersion version, const std::string& ca_file);
  ~TlsPeer();
  TlsPeer(const TlsPeer&) = delete;
  TlsPeer& operator=(const TlsPeer&) = delete;

  // Why there was no handshake, in OpenSSL's words ("tlsv1 alert protocol version"); empty: there was one.
  const std::string& Failure() const { return failure_; }
  // Of the server's certificate; 0 without a handshake.
  long Serial() const;
  // Sends it and reads to the end: the request should ask for the connection's close. Empty without a handshake.
  std::string Ask(std::string_view request);

 private:
  struct Parts;

  std::unique_ptr<Parts> parts_;
  std::string failure_;
};

}  // namespace tajo::testing
