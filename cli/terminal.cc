#include "cli/terminal.h"

#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <iostream>

namespace tajo::cli {
namespace {

constexpr char kInterrupt = 3;  // Ctrl-C
constexpr char kEnd = 4;        // Ctrl-D
constexpr char kBackspace = 8;
constexpr char kClearLine = 21;  // Ctrl-U
constexpr char kDelete = 127;

// A terminal that shows nothing of what is typed, for as long as this lives. It hands over each key at
// once, Ctrl-C too: a signal would end us with the echo still off.
class Silence {
 public:
  explicit Silence(int descriptor) : descriptor_(descriptor) {
    changed_ = tcgetattr(descriptor, &before_) == 0;
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHONL | ICANON | ISIG);
    silent.c_cc[VMIN] = 1;
    silent.c_cc[VTIME] = 0;
    if (changed_) changed_ = tcsetattr(descriptor, TCSADRAIN, &silent) == 0;
  }
  ~Silence() {
    if (changed_) tcsetattr(descriptor_, TCSADRAIN, &before_);
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

 private:
  const int descriptor_;
  termios before_{};
  bool changed_ = false;
};

std::optional<char> ReadKey(int descriptor) {
  char key = 0;
  ssize_t got = 0;
  do {
    got = read(descriptor, &key, 1);
  } while (got < 0 && errno == EINTR);
  if (got != 1) return std::nullopt;
  return key;
}

std::optional<std::string> ReadLine(int descriptor) {
  std::string line;
  while (const auto key = ReadKey(descriptor)) {
    if (*key == '\n') return line;
    line += *key;
  }
  if (line.empty()) return std::nullopt;
  return line;
}

struct SilentLine {
  std::optional<std::string> text;
  bool interrupted = false;
};

SilentLine ReadSilently(int descriptor) {
  std::string line;
  while (const auto key = ReadKey(descriptor)) {
    if (*key == '\n' || *key == '\r') return {line};
    if (*key == kInterrupt) return {std::nullopt, true};
    if (*key == kEnd && line.empty()) return {};
    if (*key == kBackspace || *key == kDelete) {
      if (!line.empty()) line.pop_back();
    } else if (*key == kClearLine) {
      line.clear();
    } else if (*key != kEnd) {
      line += *key;
    }
  }
  return {};
}

}  // namespace

Terminal ProcessTerminal() {
  Terminal terminal{std::cout, std::cerr, [](const std::string& name) -> std::optional<std::string> {
                      const char* value = std::getenv(name.c_str());
                      return value == nullptr ? std::nullopt : std::optional<std::string>(value);
                    }};
  if (isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1) terminal.input = STDIN_FILENO;
  if (isatty(STDOUT_FILENO) == 1) {
    terminal.live = true;
    terminal.colour = !FromEnvironment(terminal, "NO_COLOR");
    winsize size{};
    terminal.width = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
  }
  return terminal;
}

std::optional<std::string> FromEnvironment(const Terminal& terminal, const std::string& name) {
  auto value = terminal.environment(name);
  if (value && value->empty()) return std::nullopt;
  return value;
}

std::optional<std::string> Ask(const Terminal& terminal, const std::string& question, Echo echo) {
  if (echo == Echo::kOn) {
    terminal.err << question << ": " << std::flush;
    return ReadLine(terminal.input);
  }
  SilentLine line;
  {
    // Before the question: who answers at once mustn't be shown either.
    const Silence silence(terminal.input);
    terminal.err << question << ": " << std::flush;
    line = ReadSilently(terminal.input);
  }
  terminal.err << std::endl;
  if (line.interrupted) raise(SIGINT);
  return line.text;
}

bool Confirm(const Terminal& terminal, const std::string& question) {
  const auto answer = Ask(terminal, question + " [y/N]", Echo::kOn);
  return answer == "y" || answer == "Y" || answer == "yes";
}

}  // namespace tajo::cli
