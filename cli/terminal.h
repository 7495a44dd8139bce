#pragma once

#include <functional>
#include <iosfwd>
#include <optional>
#include <string>

namespace tajo::cli {

// Where a command reads and writes.
struct Terminal {
  std::ostream& out;
  std::ostream& err;
  // The value of an environment variable, if there is one.
  std::function<std::optional<std::string>(const std::string& name)> environment;
  int input = -1;       // descriptor of the terminal to ask at; -1: there is nobody to ask
  bool live = false;    // `out` is a terminal: a line may be drawn anew
  bool colour = false;  // and its owner doesn't mind (NO_COLOR)
  int width = 0;        // columns of `out`; 0: as wide as it takes
};

// This process's streams and environment.
Terminal ProcessTerminal();

// The variable's value; an empty one counts as not set.
std::optional<std::string> FromEnvironment(const Terminal& terminal, const std::string& name);

enum class Echo { kOn, kOff };

// Asks on `err` for one line. Nothing at the end of input. Needs terminal.input.
std::optional<std::string> Ask(const Terminal& terminal, const std::string& question, Echo echo);
// True for y or yes.
bool Confirm(const Terminal& terminal, const std::string& question);

}  // namespace tajo::cli
