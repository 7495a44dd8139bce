#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>
#include <ctime>
#include <string>
#include <string_view>

#include "common/net/http_server.h"

namespace tajo::net {

using RequestHeader = boost::beast::http::request_header<boost::beast::http::fields>;

// A parsed request for a handler; owns nothing.
class RequestView final : public ServerRequest {
 public:
  RequestView(const RequestHeader& header, std::string_view body, const boost::asio::ip::tcp::endpoint& remote);

  std::string_view Method() const override { return header_.method_string(); }
  std::string_view Target() const override { return header_.target(); }
  std::string_view Path() const override { return path_; }
  std::string_view Query() const override { return query_; }
  std::string_view Body() const override { return body_; }
  std::optional<std::string_view> Header(std::string_view name) const override;
  std::string Remote() const override;

 private:
  const RequestHeader& header_;
  const std::string_view body_;
  const boost::asio::ip::tcp::endpoint& remote_;
  std::string_view path_;
  std::string_view query_;
};

// The Date header's value, made anew once a second. One a loop.
class DateText {
 public:
  std::string_view Now();

 private:
  std::time_t second_ = -1;
  std::string text_;
};

enum class KeepAlive { kNo, kYes };

// May an answer of this status have a body?
bool HasBody(int status);
// Did the handler ask for `Connection: close`?
bool WantsClose(const ServerResponse& response);
// False where a header would break the message.
bool IsSendable(const ServerResponse& response);
// Status line and headers, with the blank line, into `head` (its memory is reused).
void FormatHead(const ServerResponse& response, unsigned http_version, KeepAlive keep_alive, std::string_view date,
                std::string& head);

}  // namespace tajo::net
