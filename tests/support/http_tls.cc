#include "tests/support/http_tls.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <stdexcept>

namespace tajo::testing {
namespace {

int NumberOf(TlsVersion version) {
  switch (version) {
    case TlsVersion::k1_0:
      return TLS1_VERSION;
    case TlsVersion::k1_1:
      return TLS1_1_VERSION;
    case TlsVersion::k1_2:
      return TLS1_2_VERSION;
    case TlsVersion::k1_3:
      return TLS1_3_VERSION;
  }
  throw std::logic_error("no such version of TLS");
}

void Require(int result) {
  if (result != 1) throw std::runtime_error("OpenSSL can't do that");
}

struct FreeTls {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(X509* cert) const { X509_free(cert); }
};

int ConnectLoopback(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw std::runtime_error("no socket");
  const timeval limit{10, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) return fd;
  close(fd);
  throw std::runtime_error("can't connect to 127.0.0.1");
}

}  // namespace

struct TlsPeer::Parts {
  explicit Parts(uint16_t port) : fd(ConnectLoopback(port)) {}
  ~Parts() { close(fd); }
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;

  const int fd;
  std::unique_ptr<SSL_CTX, FreeTls> context{SSL_CTX_new(TLS_client_method())};
  std::unique_ptr<SSL, FreeTls> ssl;
};

TlsPeer::TlsPeer(uint16_t port, TlsVersion version, const std::string& ca_file)
    : parts_(std::make_unique<Parts>(port)) {
  SSL_CTX* const context = parts_->context.get();
  // Else it's the client that refuses the digests of the old versions.
  SSL_CTX_set_security_level(context, 0);
  Require(SSL_CTX_set_min_proto_version(context, NumberOf(version)));
  Require(SSL_CTX_set_max_proto_version(context, NumberOf(version)));
  Require(SSL_CTX_load_verify_file(context, ca_file.c_str()));
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  parts_->ssl.reset(SSL_new(context));
  SSL* const ssl = parts_->ssl.get();
  Require(X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), "127.0.0.1"));
  Require(SSL_set_fd(ssl, parts_->fd));
  ERR_clear_error();
  if (SSL_connect(ssl) == 1) return;
  const char* const reason = ERR_reason_error_string(ERR_get_error());
  failure_ = reason == nullptr ? "the connection ended" : reason;
}

TlsPeer::~TlsPeer() = default;

long TlsPeer::Serial() const {
  const std::unique_ptr<X509, FreeTls> cert(SSL_get1_peer_certificate(parts_->ssl.get()));
  return cert == nullptr ? 0 : ASN1_INTEGER_get(X509_get0_serialNumber(cert.get()));
}

std::string TlsPeer::Ask(std::string_view request) {
  std::string answer;
  if (!failure_.empty()) return answer;
  SSL* const ssl = parts_->ssl.get();
  if (SSL_write(ssl, request.data(), static_cast<int>(request.size())) <= 0) return answer;
  char bytes[4096];
  for (int count = SSL_read(ssl, bytes, sizeof(bytes)); count > 0; count = SSL_read(ssl, bytes, sizeof(bytes))) {
    answer.append(bytes, static_cast<std::size_t>(count));
  }
  return answer;
}

}  // namespace tajo::testing
