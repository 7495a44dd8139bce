#include "common/config/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

// What the kinds of settings take. How they are given is in settings_sources.cc.
namespace tajo::config {
namespace {

std::string_view Trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

void SplitList(std::string_view text, std::vector<std::string>& items) {
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    if (const std::string_view item = Trim(text.substr(0, comma)); !item.empty()) items.emplace_back(item);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
}

bool IsHttpUrl(std::string_view url) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (!url.starts_with(scheme)) continue;
    const std::string_view rest = url.substr(scheme.size());
    const std::string_view host = rest.substr(0, rest.find('/'));
    return !host.empty() && !host.starts_with(':') && rest.find_first_of(" \t@?#\\") == std::string_view::npos;
  }
  return false;
}

}  // namespace

Settings::Settings(std::string program, std::string version, std::string description)
    : program_(std::move(program)), version_(std::move(version)), description_(std::move(description)) {
  AddString("config", "YAML file whose keys are the names of these flags", config_file_);
  settings_.back().placeholder = "FILE";
  AddBool("help", "show this and end", help_);
  AddBool("version", "show the version and end", show_version_);
}

void Settings::AddScalar(Setting setting, std::function<Problem(const std::string&)> assign) {
  setting.assign = [assign = std::move(assign)](const std::vector<std::string>& values) {
    return assign(values.front());
  };
  settings_.push_back(std::move(setting));
}

void Settings::AddString(std::string name, std::string help, std::string& value, Presence presence) {
  AddScalar({.name = std::move(name),
             .placeholder = "TEXT",
             .help = std::move(help),
             .default_text = value,
             .assign = nullptr,
             .presence = presence},
            [&value](const std::string& text) -> Problem {
              value = text;
              return std::nullopt;
            });
}

void Settings::AddSecret(std::string name, std::string help, base::Secret& value, Presence presence) {
  AddScalar({.name = std::move(name),
             .placeholder = "SECRET",
             .help = std::move(help),
             .default_text = "",
             .assign = nullptr,
             .presence = presence},
            [&value](const std::string& text) -> Problem {
              value = base::Secret(text);
              return std::nullopt;
            });
}

void Settings::AddBool(std::string name, std::string help, bool& value) {
  AddScalar({.name = std::move(name),
             .placeholder = "",
             .help = std::move(help),
             .default_text = value ? "true" : "",
             .assign = nullptr},
            [&value](const std::string& text) -> Problem {
              const auto parsed = ParseBool(text);
              if (!parsed) return fmt::format("'{}' isn't true or false", text);
              value = *parsed;
              return std::nullopt;
            });
}

void Settings::AddInt(std::string name, std::string help, int64_t& value, int64_t min, int64_t max) {
  AddScalar({.name = std::move(name),
             .placeholder = "NUMBER",
             .help = std::move(help),
             .default_text = std::to_string(value),
             .assign = nullptr},
            [&value, min, max](const std::string& text) -> Problem {
              const auto parsed = ParseInteger(text);
              if (!parsed) return fmt::format("'{}' isn't a whole number", text);
              if (*parsed < min || *parsed > max) return fmt::format("{} isn't from {} to {}", *parsed, min, max);
              value = *parsed;
              return std::nullopt;
            });
}

void Settings::AddDuration(std::string name, std::string help, base::Duration& value, base::Duration min,
                           base::Duration max) {
  AddScalar({.name = std::move(name),
             .placeholder = "DURATION",
             .help = std::move(help),
             .default_text = FormatDuration(value),
             .assign = nullptr},
            [&value, min, max](const std::string& text) -> Problem {
              const auto parsed = ParseDuration(text);
              if (!parsed) return fmt::format("'{}' isn't a duration like 500ms, 25s, 15m or 2h", text);
              if (*parsed < min || *parsed > max) {
                return fmt::format("{} isn't from {} to {}", text, FormatDuration(min), FormatDuration(max));
              }
              value = *parsed;
              return std::nullopt;
            });
}

void Settings::AddList(std::string name, std::string help, std::vector<std::string>& value) {
  Setting setting{.name = std::move(name),
                  .placeholder = "A,B,...",
                  .help = std::move(help),
                  .default_text = fmt::format("{}", fmt::join(value, ",")),
                  .assign = nullptr};
  setting.is_list = true;
  setting.assign = [&value](const std::vector<std::string>& texts) -> Problem {
    value.clear();
    for (const std::string& text : texts) SplitList(text, value);
    return std::nullopt;
  };
  settings_.push_back(std::move(setting));
}

void Settings::AddListen(std::string name, std::string help, ListenAddress& value) {
  AddScalar({.name = std::move(name),
             .placeholder = "HOST:PORT",
             .help = std::move(help),
             .default_text = value.ToString(),
             .assign = nullptr},
            [&value](const std::string& text) -> Problem {
              auto parsed = ParseListen(text);
              if (!parsed) return fmt::format("'{}' isn't host:port", text);
              value = *std::move(parsed);
              return std::nullopt;
            });
}

void Settings::AddUrl(std::string name, std::string help, std::string& value) {
  AddScalar({.name = std::move(name),
             .placeholder = "URL",
             .help = std::move(help),
             .default_text = value,
             .assign = nullptr},
            [&value](const std::string& text) -> Problem {
              if (!IsHttpUrl(text)) return "isn't a URL like https://api.example.com";
              value = text;
              while (value.ends_with('/')) value.pop_back();
              return std::nullopt;
            });
}

void Settings::AddChoice(std::string name, std::string help, std::string& value, std::vector<std::string> choices) {
  std::string placeholder = fmt::format("{}", fmt::join(choices, "|"));
  AddScalar({.name = std::move(name),
             .placeholder = std::move(placeholder),
             .help = std::move(help),
             .default_text = value,
             .assign = nullptr},
            [&value, choices = std::move(choices)](const std::string& text) -> Problem {
              if (std::ranges::find(choices, text) == choices.end()) {
                return fmt::format("'{}' isn't one of {}{}", text, fmt::join(choices, ", "), DidYouMean(text, choices));
              }
              value = text;
              return std::nullopt;
            });
}

void Settings::AddCheck(Check check) {
  checks_.push_back(std::move(check));
}

std::string Settings::Help() const {
  std::string text = fmt::format("{}\n\nUsage: {} [flags]\n\n", description_, program_);
  for (const Setting& setting : settings_) {
    text += fmt::format("  --{}{}{}\n      {}", setting.name, setting.IsSwitch() ? "" : " ", setting.placeholder,
                        setting.help);
    if (setting.presence == Presence::kRequired) text += " (required)";
    if (!setting.default_text.empty()) text += fmt::format(" (default {})", setting.default_text);
    text += '\n';
  }
  text += fmt::format(
      "\nEach flag is also an environment variable ({}) and a key of the file given by --config.\n"
      "A flag goes before the environment, the environment before the file.\n",
      EnvironmentName(settings_.back().name));
  return text;
}

}  // namespace tajo::config
