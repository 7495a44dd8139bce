#include "simulators/brevo/call.h"

#include <charconv>
#include <nlohmann/json.hpp>

namespace tajo::brevo_sim {
namespace {

int Nibble(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string Decode(std::string_view text, bool plus_is_space) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && Nibble(text[i + 1]) >= 0 && Nibble(text[i + 2]) >= 0) {
      result += static_cast<char>(Nibble(text[i + 1]) * 16 + Nibble(text[i + 2]));
      i += 2;
    } else {
      result += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  return result;
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    if (end > 0) parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

}  // namespace

std::optional<std::string> Call::Parameter(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::vector<std::string> Call::Parameters(std::string_view name) const {
  std::vector<std::string> values;
  for (const auto& [key, value] : query) {
    if (key != name && key != std::string(name) + "[]") continue;
    for (const std::string_view part : Split(value, ',')) values.emplace_back(part);
  }
  return values;
}

int64_t Call::Number(std::string_view name, int64_t otherwise) const {
  const auto text = Parameter(name);
  if (!text) return otherwise;
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  return error == std::errc() && end == text->data() + text->size() ? value : -1;
}

Call TakeApart(const net::ServerRequest& request) {
  Call call;
  call.method = request.Method();
  std::string_view path = request.Path();
  if (path.starts_with("/v3/")) path.remove_prefix(3);
  call.raw_path = path;
  for (const std::string_view segment : Split(path, '/')) call.segments.push_back(Decode(segment, false));
  for (const std::string_view pair : Split(request.Query(), '&')) {
    const std::size_t equals = std::min(pair.find('='), pair.size());
    call.query.emplace_back(Decode(pair.substr(0, equals), true),
                            Decode(pair.substr(std::min(equals + 1, pair.size())), true));
  }
  call.body = request.Body();
  call.host = std::string(request.Header("host").value_or(""));
  return call;
}

std::optional<int64_t> ToId(std::string_view text) {
  int64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size() || id <= 0) return std::nullopt;
  return id;
}

net::ServerResponse Json(int status, const nlohmann::json& body) {
  net::ServerResponse response;
  response.status = status;
  response.headers.Add("content-type", "application/json");
  response.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return response;
}

net::ServerResponse Empty(int status) {
  net::ServerResponse response;
  response.status = status;
  return response;
}

net::ServerResponse Error(int status, std::string_view code, std::string_view message) {
  return Json(status, {{"code", code}, {"message", message}});
}

}  // namespace tajo::brevo_sim
