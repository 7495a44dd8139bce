#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "common/net/http_message.h"
#include "services/webhook-ingest/route.h"

// What stands between the socket and a handler: the parser with the server's limits, the view of a
// request, its route. Nothing of a request's own words may reach a Redis key unchecked.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  namespace http = boost::beast::http;
  http::request_parser<http::string_body> parser;
  parser.eager(true);
  parser.header_limit(16 * 1024);
  parser.body_limit(64 * 1024);
  boost::system::error_code error;
  parser.put(boost::asio::const_buffer(data, size), error);
  if (error || !parser.is_header_done()) return 0;

  const boost::asio::ip::tcp::endpoint remote;
  const tajo::net::RequestView request(parser.get(), parser.get().body(), remote);
  if (request.Target().find(request.Path()) == std::string_view::npos) std::abort();
  const tajo::ingest::Route route = tajo::ingest::RouteOf(request.Method(), request.Path());
  const std::string_view id = route.connection_id;
  if (!id.empty() && (id.find('/') != id.npos || request.Method() != "POST")) std::abort();
  if (tajo::ingest::IsConnectionId(id) && id.find_first_of("{}: \r\n") != id.npos) std::abort();
  const std::string_view authorization = request.Header("authorization").value_or("");
  const std::string_view token = tajo::ingest::BearerToken(authorization);
  if (authorization.find(token) == authorization.npos) std::abort();
  return 0;
}
