#include "tests/fuzz/http_edge/requests.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "services/webhook-ingest/route.h"
#include "tests/fuzz/http_edge/exchange.h"
#include "tests/fuzz/http_edge/require.h"

namespace tajo::fuzz {
namespace {

void CheckFraming(const net::ServerRequest& request) {
  const std::size_t size = request.Body().size();
  Require(size <= kMaxBodyBytes, "a body is within the limit");
  const auto length = request.Header("content-length");
  const bool coded = request.Header("transfer-encoding").has_value();
  Require(!length || !coded, "a body has one length");
  if (coded) return;
  std::size_t promised = 0;
  if (length) {
    // The same length may be said several times: "5, 5".
    const auto digits = length->substr(std::min(length->find_first_not_of(", \t"), length->size()));
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), promised);
    Require(read.ec == std::errc(), "a length is a number");
  }
  Require(size == promised, "a body is as long as was promised");
}

void CheckTarget(const net::ServerRequest& request) {
  const std::string_view target = request.Target();
  const auto question = target.find('?');
  Require(!request.Method().empty() && !target.empty(), "a request has a method and a target");
  Require(target.substr(0, question).ends_with(request.Path()), "the path is the target's");
  Require(request.Query() == (question == target.npos ? "" : target.substr(question + 1)), "the query is the target's");
}

void CheckRoute(const net::ServerRequest& request) {
  const ingest::Route route = ingest::RouteOf(request.Method(), request.Path());
  const std::string_view id = route.connection_id;
  Require(id.empty() || (id.find('/') == id.npos && request.Method() == "POST"), "an id is one part of the path");
  Require(!ingest::IsConnectionId(id) || id.find_first_of("{}: \r\n") == id.npos, "an id is safe in a key");
  const std::string_view authorization = request.Header("authorization").value_or("");
  const std::string_view token = ingest::BearerToken(authorization);
  Require(authorization.find(token) != authorization.npos, "a token is the header's");
}

}  // namespace

void CheckRequest(const net::ServerRequest& request) {
  CheckFraming(request);
  CheckTarget(request);
  CheckRoute(request);
}

}  // namespace tajo::fuzz
