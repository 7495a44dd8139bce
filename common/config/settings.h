#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/base/secret.h"
#include "common/config/values.h"

namespace tajo::config {

// A service's settings. Each is declared once, bound to a variable that holds its default and outlives
// this, and can be given (the first wins) as
//   a flag                      --redis-url redis://10.0.0.7 or --redis-url=redis://10.0.0.7
//   an environment variable     TAJO_REDIS_URL (an empty one counts as not set)
//   a key of --config FILE      redis-url: redis://10.0.0.7
//   the default.
class Settings {
 public:
  // The value of an environment variable, if there is one.
  using Environment = std::function<std::optional<std::string>(const std::string& name)>;
  // What is wrong with the values taken together, naming the flag: "--tls-key is missing"; or nothing.
  using Check = std::function<std::optional<std::string>()>;
  enum class Presence { kOptional, kRequired };

  Settings(std::string program, std::string version, std::string description);

  void AddString(std::string name, std::string help, std::string& value, Presence presence = Presence::kOptional);
  // Neither its value nor its default is shown anywhere. Also for URLs that may hold a password.
  void AddSecret(std::string name, std::string help, base::Secret& value, Presence presence = Presence::kOptional);
  // --name, or --name=false.
  void AddBool(std::string name, std::string help, bool& value);
  void AddInt(std::string name, std::string help, int64_t& value, int64_t min, int64_t max);
  void AddDuration(std::string name, std::string help, base::Duration& value, base::Duration min, base::Duration max);
  // Comma-separated; in YAML a list too. Blanks around an item and empty items are dropped.
  void AddList(std::string name, std::string help, std::vector<std::string>& value);
  void AddListen(std::string name, std::string help, ListenAddress& value);
  // https:// or http:// and a host; a slash at its end is dropped. A value isn't repeated in errors.
  void AddUrl(std::string name, std::string help, std::string& value);
  void AddChoice(std::string name, std::string help, std::string& value, std::vector<std::string> choices);
  // Asked in order of addition when all values are known.
  void AddCheck(Check check);

  // Nothing: go on. Else end with this exit code: 0 after --help and --version (on `out`), 2 after one
  // line on `err` about the first thing that is wrong.
  std::optional<int> Parse(int argc, const char* const* argv, const Environment& environment, std::ostream& out,
                           std::ostream& err);
  // With the process's environment, stdout and stderr.
  std::optional<int> Parse(int argc, const char* const* argv);

  std::string Help() const;

 private:
  // Nothing when the text is fine, else what is wrong with it: "'foo' isn't host:port".
  using Problem = std::optional<std::string>;
  struct Setting {
    std::string name;
    std::string placeholder;  // "HOST:PORT"; empty: a switch
    std::string help;
    std::string default_text;
    std::function<Problem(const std::vector<std::string>&)> assign;
    bool is_list = false;
    Presence presence = Presence::kOptional;
    bool given = false;

    bool IsSwitch() const { return placeholder.empty(); }
  };

  void AddScalar(Setting setting, std::function<Problem(const std::string&)> assign);
  Setting* Find(std::string_view name);
  std::vector<std::string> Names() const;
  // Each takes what isn't given yet, and answers what is wrong, with its place.
  Problem TakeFlags(int argc, const char* const* argv);
  Problem TakeFlag(const char* const* argv, int argc, int& at);
  Problem TakeEnvironment(const Environment& environment);
  Problem TakeFile(const std::string& path);
  Problem FindMissing() const;

  std::string program_;
  std::string version_;
  std::string description_;
  std::vector<Setting> settings_;
  std::vector<Check> checks_;
  std::string config_file_;
  bool help_ = false;
  bool show_version_ = false;
};

// "TAJO_REDIS_URL" for "redis-url".
std::string EnvironmentName(std::string_view flag);

}  // namespace tajo::config
