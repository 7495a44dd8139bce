#include "cli/up/readiness.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <nlohmann/json.hpp>

namespace tajo::cli {
namespace {

constexpr suseconds_t kPatienceMicros = 200'000;

std::string Text(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

nlohmann::json ParseObject(std::string_view line) {
  if (!line.starts_with('{')) return nullptr;
  return nlohmann::json::parse(line, nullptr, false);
}

}  // namespace

std::optional<Listening> ParseListening(std::string_view line) {
  if (line.find("listening") == std::string_view::npos) return std::nullopt;
  const auto object = ParseObject(line);
  if (!object.is_object()) return std::nullopt;
  if (const std::string address = Text(object, "listening"); !address.empty()) return Listening{address, ""};
  if (Text(object, "message") != "listening") return std::nullopt;
  return Listening{Text(object, "listen"), Text(object, "metrics")};
}

std::string PlainLogLine(std::string_view line) {
  const auto object = ParseObject(line);
  if (!object.is_object()) return std::string(line);
  const std::string error = Text(object, "error");
  return Text(object, "message") + (error.empty() ? "" : ": " + error);
}

bool RedisAnswers(const std::string& socket_path) {
  sockaddr_un address{};
  if (socket_path.size() >= sizeof(address.sun_path)) return false;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, socket_path.c_str(), socket_path.size() + 1);
  const int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connection < 0) return false;
  const timeval patience{0, kPatienceMicros};
  setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  constexpr std::string_view kPing = "PING\r\n";
  constexpr std::string_view kPong = "+PONG\r\n";  // "-LOADING …" while it reads its file
  std::array<char, kPong.size()> answer{};
  const bool answered = connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 &&
                        send(connection, kPing.data(), kPing.size(), MSG_NOSIGNAL) > 0 &&
                        recv(connection, answer.data(), answer.size(), MSG_WAITALL) > 0;
  close(connection);
  return answered && std::string_view(answer.data(), answer.size()) == kPong;
}

}  // namespace tajo::cli
