#include "tests/fuzz/http_edge/stream.h"

#include <charconv>
#include <string>

#include "tests/fuzz/http_edge/require.h"

namespace tajo::fuzz {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kBlankLine = "\r\n\r\n";

// Takes what comes before `end` off `rest`, and `end` itself.
std::string_view TakeUntil(std::string_view& rest, std::string_view end) {
  const auto at = rest.find(end);
  Require(at != rest.npos, "what was handled was sent in whole");
  const std::string_view taken = rest.substr(0, at);
  rest.remove_prefix(at + end.size());
  return taken;
}

std::string_view Take(std::string_view& rest, std::size_t size) {
  Require(size <= rest.size(), "what was handled was sent in whole");
  const std::string_view taken = rest.substr(0, size);
  rest.remove_prefix(size);
  return taken;
}

std::string TakeChunks(std::string_view& rest) {
  std::string body;
  for (;;) {
    const std::string_view from_size = rest;
    const std::string_view line = TakeUntil(rest, kLineEnd);
    std::size_t size = 0;
    const auto read = std::from_chars(line.data(), line.data() + line.size(), size, 16);
    Require(read.ec == std::errc(), "a chunk has a size");
    if (size == 0) {
      rest = from_size.substr(line.size());
      TakeUntil(rest, kBlankLine);  // the trailer
      return body;
    }
    body += Take(rest, size);
    Require(Take(rest, kLineEnd.size()) == kLineEnd, "a chunk is as long as its size");
  }
}

}  // namespace

void CheckStream(std::string_view sent, const std::vector<Handled>& handled) {
  for (const Handled& request : handled) {
    const std::string_view head = TakeUntil(sent, kBlankLine);
    Require(head.starts_with(request.method + ' ' + request.target + " HTTP/1."), "a request begins where one ended");
    const std::string body = request.coded ? TakeChunks(sent) : std::string(Take(sent, request.body.size()));
    Require(body == request.body, "the body is what was sent");
  }
}

}  // namespace tajo::fuzz
