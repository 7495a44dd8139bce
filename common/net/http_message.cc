#include "common/net/http_message.h"
#include "common/net/line_break.h"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>
#include <array>
#include <boost/beast/http/status.hpp>
#include <iterator>

namespace tajo::net {
namespace {

bool Equal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

// What frames the message is the server's to say.
bool IsServersOwn(std::string_view name) {
  switch (name.size()) {
    case 4:
      return Equal(name, "date");
    case 10:
      return Equal(name, "connection");
    case 14:
      return Equal(name, "content-length");
    case 17:
      return Equal(name, "transfer-encoding");
    default:
      return false;
  }
}

}  // namespace

RequestView::RequestView(const RequestHeader& header, std::string_view body,
                         const boost::asio::ip::tcp::endpoint& remote)
    : header_(header), body_(body), remote_(remote) {
  const std::string_view target = header.target();
  const std::size_t question = target.find('?');
  path_ = target.substr(0, question);
  if (question != target.npos) query_ = target.substr(question + 1);
  if (!path_.empty() && path_.front() != '/') {  // absolute form, as sent to a proxy
    const std::size_t scheme = path_.find("://");
    const std::size_t slash = scheme == path_.npos ? path_.npos : path_.find('/', scheme + 3);
    if (slash != path_.npos) path_.remove_prefix(slash);
  }
}

std::optional<std::string_view> RequestView::Header(std::string_view name) const {
  const auto found = header_.find(boost::beast::string_view(name.data(), name.size()));
  if (found == header_.end()) return std::nullopt;
  return std::string_view(found->value());
}

std::string RequestView::Remote() const {
  const bool v6 = remote_.address().is_v6();
  return fmt::format("{}{}{}:{}", v6 ? "[" : "", remote_.address().to_string(), v6 ? "]" : "", remote_.port());
}

std::string_view DateText::Now() {
  static constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t now = std::time(nullptr);
  if (now != second_) {
    second_ = now;
    std::tm parts{};
    gmtime_r(&now, &parts);
    text_ = fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", kDays.at(static_cast<std::size_t>(parts.tm_wday)),
                        parts.tm_mday, kMonths.at(static_cast<std::size_t>(parts.tm_mon)), parts.tm_year + 1900,
                        parts.tm_hour, parts.tm_min, parts.tm_sec);
  }
  return text_;
}

bool HasBody(int status) {
  return status >= 200 && status != 204 && status != 304;
}

bool WantsClose(const ServerResponse& response) {
  const auto connection = response.headers.Find("connection");
  return connection && Equal(*connection, "close");
}

bool IsSendable(const ServerResponse& response) {
  if (response.status < 200 || response.status > 999) return false;
  return std::all_of(response.headers.Fields().begin(), response.headers.Fields().end(), [](const auto& field) {
    const auto& [name, value] = field;
    return !name.empty() && !BreaksLine(name) && !BreaksLine(value) && name.find_first_of(": ") == name.npos;
  });
}

void FormatHead(const ServerResponse& response, unsigned http_version, KeepAlive keep_alive, std::string_view date,
                std::string& head) {
  const auto reason = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(response.status));
  head.clear();
  head.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ").append(reason);
  head.append("\r\nDate: ").append(date).append("\r\n");
  if (HasBody(response.status)) {
    head.append("Content-Length: ").append(std::to_string(response.body.size())).append("\r\n");
  }
  if (keep_alive == KeepAlive::kNo) {
    head.append("Connection: close\r\n");
  } else if (http_version < 11) {
    head.append("Connection: keep-alive\r\n");
  }
  for (const auto& [name, value] : response.headers.Fields()) {
    if (IsServersOwn(name)) continue;
    head.append(name).append(": ").append(value).append("\r\n");
  }
  head.append("\r\n");
}

}  // namespace tajo::net
