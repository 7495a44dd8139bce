#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <sstream>

#include "common/config/settings.h"
#include "common/config/yaml.h"

// Where settings come from: flags, the environment, a file.
namespace tajo::config {
namespace {

constexpr std::string_view kEnvironmentPrefix = "TAJO_";

// Of what the user typed only this much is repeated, and nothing that could break the one line.
std::string Printable(std::string_view text) {
  std::string printable(text.substr(0, 60));
  std::ranges::replace_if(
      printable, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  return printable;
}

std::optional<std::string> ReadFile(const std::string& path, std::string& text) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return fmt::format("--config {}: {}", path, std::strerror(errno));
  text.resize(kMaxYamlBytes + 1);
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return fmt::format("--config {}: can't be read", path);
  text.resize(static_cast<std::size_t>(file.gcount()));
  return std::nullopt;
}

// A setting's value in the file as texts; nothing when it is of the wrong type.
std::optional<std::vector<std::string>> TextsOf(const YamlNode& node, bool is_list) {
  if (node.IsScalar()) return std::vector<std::string>{node.text};
  if (!is_list || node.kind != YamlNode::Kind::kSequence) return std::nullopt;
  std::vector<std::string> texts;
  for (const YamlNode& item : node.items) {
    if (!item.IsScalar()) return std::nullopt;
    texts.push_back(item.text);
  }
  return texts;
}

}  // namespace

std::string EnvironmentName(std::string_view flag) {
  std::string name(kEnvironmentPrefix);
  for (const char c : flag) name += c == '-' ? '_' : (c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
  return name;
}

std::optional<int> Settings::Parse(int argc, const char* const* argv) {
  const Environment environment = [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
  return Parse(argc, argv, environment, std::cout, std::cerr);
}

std::optional<int> Settings::Parse(int argc, const char* const* argv, const Environment& environment, std::ostream& out,
                                   std::ostream& err) {
  for (Setting& setting : settings_) setting.given = false;
  Problem problem = TakeFlags(argc, argv);
  if (!problem && help_) {
    out << Help();
    return 0;
  }
  if (!problem && show_version_) {
    out << program_ << ' ' << version_ << '\n';
    return 0;
  }
  if (!problem) problem = TakeEnvironment(environment);
  if (!problem && !config_file_.empty()) problem = TakeFile(config_file_);
  if (!problem) problem = FindMissing();
  for (auto check = checks_.begin(); !problem && check != checks_.end(); ++check) problem = (*check)();
  if (!problem) return std::nullopt;
  err << program_ << ": " << *problem << '\n';
  return 2;
}

Settings::Setting* Settings::Find(std::string_view name) {
  const auto found = std::ranges::find(settings_, name, &Setting::name);
  return found == settings_.end() ? nullptr : &*found;
}

std::vector<std::string> Settings::Names() const {
  std::vector<std::string> names;
  names.reserve(settings_.size());
  for (const Setting& setting : settings_) names.push_back(setting.name);
  return names;
}

Settings::Problem Settings::TakeFlags(int argc, const char* const* argv) {
  for (int at = 1; at < argc; ++at) {
    if (Problem problem = TakeFlag(argv, argc, at)) return problem;
  }
  return std::nullopt;
}

// The flag at argv[at], and its value if that stands apart. The last one of a name wins.
Settings::Problem Settings::TakeFlag(const char* const* argv, int argc, int& at) {
  const std::string_view argument = argv[at];
  if (argument == "-h") {
    help_ = true;
    return std::nullopt;
  }
  // It may be a secret that lost its flag: not repeated.
  if (!argument.starts_with("--") || argument == "--") {
    return fmt::format("argument {} isn't a flag: everything is given as --name value; see --help", at);
  }
  const std::size_t equals = argument.find('=');
  const std::string_view name = argument.substr(2, equals == std::string_view::npos ? equals : equals - 2);
  Setting* setting = Find(name);
  if (setting == nullptr) {
    const std::string hint = DidYouMean(name, Names(), "--");
    return fmt::format("--{}: no such flag{}", Printable(name), hint.empty() ? "; see --help" : hint);
  }
  std::string value = "true";
  if (equals != std::string_view::npos) {
    value = argument.substr(equals + 1);
  } else if (!setting->IsSwitch()) {
    if (at + 1 >= argc || std::string_view(argv[at + 1]).starts_with("--")) {
      return fmt::format("--{}: needs a value ({})", name, setting->placeholder);
    }
    value = argv[++at];
  }
  setting->given = true;
  if (Problem problem = setting->assign({value})) return fmt::format("--{}: {}", name, *problem);
  return std::nullopt;
}

Settings::Problem Settings::TakeEnvironment(const Environment& environment) {
  for (Setting& setting : settings_) {
    if (setting.given || setting.name == "help" || setting.name == "version") continue;
    const std::string name = EnvironmentName(setting.name);
    const auto value = environment(name);
    if (!value || value->empty()) continue;
    setting.given = true;
    if (Problem problem = setting.assign({*value})) return fmt::format("{}: {}", name, *problem);
  }
  return std::nullopt;
}

Settings::Problem Settings::TakeFile(const std::string& path) {
  std::string text;
  if (Problem problem = ReadFile(path, text)) return problem;
  const auto document = ParseYaml(text);
  if (!document.ok()) return fmt::format("{}: {}", path, std::string(document.status().message()));
  if (document->IsNull()) return std::nullopt;
  if (document->kind != YamlNode::Kind::kMap)
    return fmt::format("{}:{}: expected 'flag-name: value' lines", path, document->line);
  for (const auto& [name, node] : document->members) {
    const std::string place = fmt::format("{}:{}: {}", path, node.line, Printable(name));
    Setting* setting = Find(name);
    if (setting == nullptr || name == "config" || name == "help" || name == "version") {
      return fmt::format("{}: no such setting{}", place, setting == nullptr ? DidYouMean(name, Names()) : " in a file");
    }
    const auto texts = TextsOf(node, setting->is_list);
    if (!texts && !node.IsNull()) {
      return fmt::format("{}: expected {}, found {}", place, setting->is_list ? "a list" : "a single value",
                         node.KindName());
    }
    if (setting->given || node.IsNull()) continue;
    setting->given = true;
    if (Problem problem = setting->assign(*texts)) return fmt::format("{}: {}", place, *problem);
  }
  return std::nullopt;
}

Settings::Problem Settings::FindMissing() const {
  for (const Setting& setting : settings_) {
    if (setting.presence == Presence::kRequired && !setting.given) {
      return fmt::format("--{} is required (or {})", setting.name, EnvironmentName(setting.name));
    }
  }
  return std::nullopt;
}

}  // namespace tajo::config
