#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace tajo::testing {

using Variables = std::map<std::string, std::string>;

// A run of tajo with nothing of our environment but PATH, and `variables`. With kTerminal it runs at a
// pseudo-terminal: all it says comes as Out(), with \r\n.
class Program {
 public:
  enum class At { kPipes, kTerminal };

  explicit Program(const std::vector<std::string>& arguments, const Variables& variables = {}, At at = At::kPipes);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // Reads until `done` holds; throws with what was said when it doesn't within 30 s.
  void ReadUntil(const std::function<bool()>& done);
  void Expect(const std::string& text);  // on Out()
  void Type(const std::string& text) const;
  void Signal(int signal) const;
  // Its exit code, or minus the signal that ended it.
  int Wait();

  const std::string& Out() const { return out_; }
  const std::string& Err() const { return err_; }

 private:
  bool ReadSome(int timeout_ms);

  pid_t pid_ = -1;
  int out_end_ = -1;  // the terminal, for kTerminal
  int err_end_ = -1;
  std::string out_;
  std::string err_;
};

struct Result {
  int code = 0;
  std::string out;
  std::string err;
};
Result RunProgram(const std::vector<std::string>& arguments, const Variables& variables = {});

}  // namespace tajo::testing
