#include "common/net/http_connection.h"

#include <strings.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>
#include <type_traits>
#include <utility>

namespace tajo::net {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using TlsStream = asio::ssl::stream<tcp::socket>;

// A webhook with its headers in one read; and what an idle connection keeps at most.
constexpr std::size_t kReadBytes = 12u << 10;
constexpr std::size_t kBodyReadBytes = 256u << 10;
// How long a refused client may go on sending: were its data left unread, the kernel's reset would
// overtake our answer.
constexpr std::chrono::milliseconds kLinger{5'000};
constexpr std::chrono::milliseconds kTlsGoodbye{1'000};

int StatusOf(const error_code& parse_error) {
  if (parse_error == http::error::header_limit) return 431;
  if (parse_error == http::error::body_limit) return 413;
  return 400;
}

template <class Stream>
class Connection final : public HttpConnection {
 public:
  template <class... Args>
  Connection(const tcp::endpoint& remote, ConnectionScope& scope, std::shared_ptr<asio::ssl::context> tls,
             Args&&... stream_args)
      : scope_(scope), remote_(remote), tls_(std::move(tls)), stream_(std::forward<Args>(stream_args)...) {}

  base::Task<void> Serve() override;

 private:
  static constexpr bool kTls = std::is_same_v<Stream, TlsStream>;

  // What a step of reading came to.
  enum class Read { kDone, kEnd, kRefused };

  tcp::socket& Socket() override;
  base::Task<error_code> Fill(std::size_t bytes);
  base::Task<Read> ReadHead();
  base::Task<Read> ReadBody();
  base::Task<Read> ReadChunks();
  base::Task<bool> Answer();
  base::Task<bool> Write(ServerResponse response, KeepAlive keep_alive);
  base::Task<void> Refuse();
  base::Task<void> Linger();
  base::Task<void> Goodbye();
  Read Refused(int status);
  Read TimedOut();
  const RequestHeader& Header() const;
  void NextRequest();

  ConnectionScope& scope_;
  const tcp::endpoint remote_;
  const std::shared_ptr<asio::ssl::context> tls_;  // before the stream made from it
  Stream stream_;
  boost::beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::empty_body>> head_parser_;
  std::optional<http::request_parser<http::string_body>> chunk_parser_;  // made from the former
  std::size_t head_bytes_ = 0;                                           // of the head, parsed so far
  std::size_t body_bytes_ = 0;                                           // of the body in buffer_
  bool keep_alive_ = false;                                              // what the client asked for
  int refusal_ = 0;
  std::string head_;
};

template <class Stream>
tcp::socket& Connection<Stream>::Socket() {
  if constexpr (kTls) {
    return stream_.next_layer();
  } else {
    return stream_;
  }
}

template <class Stream>
const RequestHeader& Connection<Stream>::Header() const {
  if (chunk_parser_) return chunk_parser_->get();
  return head_parser_->get();
}

template <class Stream>
typename Connection<Stream>::Read Connection<Stream>::Refused(int status) {
  refusal_ = status;
  return Read::kRefused;
}

template <class Stream>
typename Connection<Stream>::Read Connection<Stream>::TimedOut() {
  return phase_ == Phase::kIdle ? Read::kEnd : Refused(408);
}

template <class Stream>
base::Task<void> Connection<Stream>::Serve() {
  if constexpr (kTls) {
    Enter(Phase::kHandshake, scope_.options.header_timeout);
    error_code error;
    co_await stream_.async_handshake(asio::ssl::stream_base::server, asio::redirect_error(asio::use_awaitable, error));
    if (error || timed_out_) co_return;
  }
  for (bool more = true; more;) {
    NextRequest();
    Read read = co_await ReadHead();
    if (read == Read::kDone) {
      Enter(Phase::kBody, scope_.options.body_timeout);
      read = co_await ReadBody();
    }
    if (read == Read::kEnd) break;
    if (read == Read::kRefused) {
      co_await Refuse();
      co_return;
    }
    more = co_await Answer();
  }
  co_await Goodbye();
}

template <class Stream>
void Connection<Stream>::NextRequest() {
  buffer_.consume(std::exchange(body_bytes_, 0));
  if (buffer_.size() == 0 && buffer_.capacity() > kReadBytes) buffer_.shrink_to_fit();
  if (head_.capacity() > kReadBytes) std::string().swap(head_);
  chunk_parser_.reset();
  head_bytes_ = 0;
  head_parser_.emplace();
  head_parser_->header_limit(static_cast<std::uint32_t>(scope_.options.max_header_bytes));
  head_parser_->body_limit(boost::none);  // ours to check, so that it can be answered
  if (buffer_.size() == 0) {
    Enter(Phase::kIdle, scope_.options.idle_timeout);
  } else {
    Enter(Phase::kHeader, scope_.options.header_timeout);
  }
}

template <class Stream>
base::Task<error_code> Connection<Stream>::Fill(std::size_t bytes) {
  error_code error;
  const std::size_t count =
      co_await stream_.async_read_some(buffer_.prepare(bytes), asio::redirect_error(asio::use_awaitable, error));
  buffer_.commit(count);
  co_return error;
}

template <class Stream>
base::Task<typename Connection<Stream>::Read> Connection<Stream>::ReadHead() {
  for (;;) {
    if (buffer_.size() > 0) {
      error_code error;
      const std::size_t used = head_parser_->put(buffer_.data(), error);
      buffer_.consume(used);
      if (error && error != http::error::need_more) co_return Refused(StatusOf(error));
      // The parser takes each line that is whole, and holds its limit against what is left only.
      head_bytes_ += used;
      if (head_bytes_ > scope_.options.max_header_bytes) co_return Refused(431);
      if (head_parser_->is_header_done()) {
        keep_alive_ = head_parser_->keep_alive();
        co_return Read::kDone;
      }
    } else if (scope_.draining) {
      co_return Read::kEnd;
    }
    const error_code error = co_await Fill(kReadBytes);
    if (timed_out_) co_return TimedOut();
    if (error) co_return Read::kEnd;
    if (phase_ == Phase::kIdle) Enter(Phase::kHeader, scope_.options.header_timeout);
  }
}

template <class Stream>
base::Task<typename Connection<Stream>::Read> Connection<Stream>::ReadBody() {
  const std::size_t limit = scope_.options.max_body_bytes;
  const auto& header = Header();
  const bool chunked = head_parser_->chunked();
  const auto promised = head_parser_->content_length();
  // A coding that isn't chunked, or that HTTP/1.0 doesn't know, has no end that both sides agree on: the way
  // to smuggle a request.
  const bool coded = header.count(http::field::transfer_encoding) > 0;
  if (coded && (!chunked || header.version() < 11)) co_return Refused(400);
  if (!chunked && promised && *promised > limit) co_return Refused(413);
  const std::size_t length = !chunked && promised ? static_cast<std::size_t>(*promised) : 0;

  const bool complete = !chunked && buffer_.size() >= length;
  if (!complete && header.version() >= 11 && buffer_.size() == 0) {
    const auto expect = header[http::field::expect];
    if (boost::beast::iequals(expect, "100-continue")) {
      static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      error_code error;
      co_await asio::async_write(stream_, asio::buffer(kContinue), asio::redirect_error(asio::use_awaitable, error));
      if (error) co_return Read::kEnd;
    }
  }
  if (chunked) {
    const Read read = co_await ReadChunks();
    co_return read;
  }
  while (buffer_.size() < length) {
    // As much as is still to come, so that nothing is copied twice; but not on a promise alone.
    const error_code error = co_await Fill(std::min(length - buffer_.size(), kBodyReadBytes));
    if (timed_out_) co_return TimedOut();
    if (error) co_return Read::kEnd;
  }
  body_bytes_ = length;
  co_return Read::kDone;
}

template <class Stream>
base::Task<typename Connection<Stream>::Read> Connection<Stream>::ReadChunks() {
  chunk_parser_.emplace(std::move(*head_parser_));
  chunk_parser_->body_limit(scope_.options.max_body_bytes);
  chunk_parser_->eager(true);
  for (;;) {
    if (buffer_.size() > 0) {
      error_code error;
      const std::size_t used = chunk_parser_->put(buffer_.data(), error);
      buffer_.consume(used);
      if (error && error != http::error::need_more) co_return Refused(StatusOf(error));
      if (chunk_parser_->is_done()) co_return Read::kDone;
      if (!error && used > 0) continue;
    }
    // A chunk's extensions and the trailer can't be longer than the headers may be.
    if (buffer_.size() > scope_.options.max_header_bytes) co_return Refused(400);
    const error_code error = co_await Fill(kReadBytes);
    if (timed_out_) co_return TimedOut();
    if (error) co_return Read::kEnd;
  }
}

template <class Stream>
base::Task<bool> Connection<Stream>::Answer() {
  Enter(Phase::kHandler, std::chrono::milliseconds::max());
  const std::string_view body = chunk_parser_
                                    ? std::string_view(chunk_parser_->get().body())
                                    : std::string_view(static_cast<const char*>(buffer_.data().data()), body_bytes_);
  const RequestView request(Header(), body, remote_);
  ServerResponse response;
  bool failed = false;
  try {
    response = co_await scope_.handler(request);
    failed = !IsSendable(response);
  } catch (...) {
    failed = true;
  }
  if (failed) {
    response = ServerResponse();
    response.status = 500;
  }
  const bool keep = keep_alive_ && !scope_.draining && !WantsClose(response);
  const KeepAlive keep_alive = keep ? KeepAlive::kYes : KeepAlive::kNo;
  const bool written = co_await Write(std::move(response), keep_alive);
  co_return written&& keep;
}

// False where the connection can't go on.
template <class Stream>
base::Task<bool> Connection<Stream>::Write(ServerResponse response, KeepAlive keep_alive) {
  Enter(Phase::kWrite, scope_.options.body_timeout);
  const bool head_only = refusal_ == 0 && Header().method() == http::verb::head;
  const unsigned version = refusal_ == 0 ? Header().version() : 11;
  FormatHead(response, version, keep_alive, scope_.date.Now(), head_);
  std::string_view body = response.body;
  if (head_only || !HasBody(response.status)) body = {};
  const auto reset_after = response.reset_after_bytes;
  if (reset_after) body = body.substr(0, *reset_after);

  error_code error;
  if (!reset_after || *reset_after > 0) {
    const std::array<asio::const_buffer, 2> buffers = {asio::buffer(head_), asio::buffer(body)};
    co_await asio::async_write(stream_, buffers, asio::redirect_error(asio::use_awaitable, error));
  }
  if (reset_after) {
    Socket().set_option(asio::socket_base::linger(true, 0), error);
    Socket().close(error);
    co_return false;
  }
  co_return !error && !timed_out_;
}

// Says why, and ends: after a message that can't be read, nothing behind it can.
template <class Stream>
base::Task<void> Connection<Stream>::Refuse() {
  timed_out_ = false;
  if (scope_.options.on_refusal) scope_.options.on_refusal(refusal_);
  ServerResponse response;
  response.status = refusal_;
  const bool written = co_await Write(std::move(response), KeepAlive::kNo);
  if (written) co_await Linger();
}

template <class Stream>
base::Task<void> Connection<Stream>::Linger() {
  Enter(Phase::kLinger, kLinger);
  error_code error;
  if constexpr (!kTls) Socket().shutdown(tcp::socket::shutdown_send, error);
  buffer_.clear();
  while (!error && !timed_out_) {
    error = co_await Fill(kReadBytes);
    buffer_.clear();
  }
}

template <class Stream>
base::Task<void> Connection<Stream>::Goodbye() {
  error_code error;
  if (!Socket().is_open() || timed_out_) co_return;
  if constexpr (kTls) {
    Enter(Phase::kLinger, kTlsGoodbye);
    co_await stream_.async_shutdown(asio::redirect_error(asio::use_awaitable, error));
  }
  Socket().shutdown(tcp::socket::shutdown_both, error);
}

}  // namespace

void HttpConnection::Enter(Phase phase, std::chrono::milliseconds timeout) {
  using Clock = std::chrono::steady_clock;
  phase_ = phase;
  deadline_ = timeout == std::chrono::milliseconds::max() ? Clock::time_point::max() : Clock::now() + timeout;
}

void HttpConnection::CheckDeadline(std::chrono::steady_clock::time_point now) {
  if (now < deadline_) return;
  timed_out_ = true;
  deadline_ = std::chrono::steady_clock::time_point::max();
  error_code ignored;
  Socket().cancel(ignored);
}

void HttpConnection::EndIfIdle() {
  if (phase_ != Phase::kIdle && phase_ != Phase::kHandshake) return;
  error_code error;
  // A request that is here already has begun, though we haven't read it.
  if (phase_ == Phase::kIdle && Socket().available(error) > 0) return;
  Socket().cancel(error);
}

void HttpConnection::Abort() {
  error_code ignored;
  Socket().close(ignored);
  cancel_.emit(asio::cancellation_type::terminal);
}

std::unique_ptr<HttpConnection> MakePlainConnection(tcp::socket socket, const tcp::endpoint& remote,
                                                    ConnectionScope& scope) {
  return std::make_unique<Connection<tcp::socket>>(remote, scope, nullptr, std::move(socket));
}

std::unique_ptr<HttpConnection> MakeTlsConnection(tcp::socket socket, const tcp::endpoint& remote,
                                                  ConnectionScope& scope, std::shared_ptr<asio::ssl::context> tls) {
  asio::ssl::context& context = *tls;
  return std::make_unique<Connection<TlsStream>>(remote, scope, std::move(tls), std::move(socket), context);
}

}  // namespace tajo::net
