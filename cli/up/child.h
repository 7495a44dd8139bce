#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace tajo::cli {

enum class Stream { kOut, kErr };

// One run of a program. Nothing of it is left when we are killed (the kernel ends it), and Ctrl-C at
// the terminal reaches us alone: we end our children in order.
class Child {
 public:
  using OnLine = std::function<void(Stream stream, std::string_view line)>;

  // Starts arguments[0] (a path) with nothing on its stdin.
  static absl::StatusOr<Child> Start(const std::vector<std::string>& arguments);
  // Kills it if it still runs.
  ~Child();
  Child(Child&& other) noexcept;
  Child& operator=(Child&&) = delete;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t Pid() const { return pid_; }
  int Handle() const { return handle_; }  // readable for poll when it has ended
  int Output() const { return out_.descriptor; }
  int Errors() const { return err_.descriptor; }

  // Gives the whole lines that have come; never blocks.
  void ReadLines(const OnLine& on_line);
  // "exit code 1", "signal 9 (Killed)" once it has ended, after the last of its lines.
  std::optional<std::string> Ended(const OnLine& on_line);
  void Signal(int signal) const;

 private:
  struct Pipe {
    int descriptor = -1;
    std::string partial;
  };

  Child(pid_t pid, int handle, int out, int err) : pid_(pid), handle_(handle), out_{out, {}}, err_{err, {}} {}
  static void Read(Pipe& pipe, Stream stream, const OnLine& on_line);
  static void Flush(Pipe& pipe, Stream stream, const OnLine& on_line);

  pid_t pid_;   // -1 once it has been waited for
  int handle_;  // pidfd
  Pipe out_;
  Pipe err_;
};

}  // namespace tajo::cli
