#include "common/net/tls_context.h"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::net {
namespace {

namespace ssl = boost::asio::ssl;
using jira::v1::CONFIG_INVALID;

absl::Status Unusable(std::string_view what, const std::string& file, const boost::system::error_code& error) {
  return base::Error(CONFIG_INVALID, fmt::format("the TLS {} '{}' can't be used: {}", what, file, error.message()));
}

}  // namespace

absl::StatusOr<std::shared_ptr<ssl::context>> LoadServerTls(const ServerOptions& options) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX* const native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);  // tens of kilobytes an idle connection

  boost::system::error_code error;
  context->use_certificate_chain_file(options.tls_cert_file, error);
  if (error) return Unusable("certificate", options.tls_cert_file, error);
  context->use_private_key_file(options.tls_key_file, ssl::context::pem, error);
  if (error) return Unusable("key", options.tls_key_file, error);
  if (!options.tls_client_ca_file.empty()) {
    context->load_verify_file(options.tls_client_ca_file, error);
    if (error) return Unusable("client CA", options.tls_client_ca_file, error);
    context->set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert, error);
    // Sessions may be resumed only where this id tells whose they are.
    static constexpr unsigned char kSessionContext[] = "tajo";
    SSL_CTX_set_session_id_context(native, kSessionContext, sizeof(kSessionContext) - 1);
  }
  return context;
}

ReloadingTls::ReloadingTls(const ServerOptions& options, std::shared_ptr<ssl::context> context)
    : options_(options), context_(std::move(context)), loaded_(Look()) {}

ReloadingTls::Times ReloadingTls::Look() const {
  const auto time_of = [](const std::string& file) {
    std::error_code ignored;  // a file that is gone for a moment has the smallest time
    return file.empty() ? std::filesystem::file_time_type::min() : std::filesystem::last_write_time(file, ignored);
  };
  return {time_of(options_.tls_cert_file), time_of(options_.tls_key_file), time_of(options_.tls_client_ca_file)};
}

std::shared_ptr<ssl::context> ReloadingTls::Current(std::chrono::steady_clock::time_point now) {
  if (now < next_look_) return context_;
  next_look_ = now + std::chrono::seconds(1);
  const Times times = Look();
  if (times == loaded_) return context_;
  auto fresh = LoadServerTls(options_);
  if (options_.on_tls_reload) options_.on_tls_reload(fresh.status());
  if (fresh.ok()) {
    context_ = *std::move(fresh);
    loaded_ = times;
  }
  return context_;
}

}  // namespace tajo::net
