#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;

struct Include {
  std::string file;  // from the repository's root
  std::string what;  // "common/net/loop.h" or "curl/curl.h"
};

// The module a path belongs to: "common/net", "services/gateway", "cli", "simulators/jira", "tests".
std::string ModuleOf(const std::string& path) {
  const auto first = path.find('/');
  const bool grouped = path.starts_with("common/") || path.starts_with("services/") || path.starts_with("simulators/");
  return path.substr(0, grouped ? path.find('/', first + 1) : first);
}

std::vector<Include> AllIncludes() {
  std::vector<Include> includes;
  for (const char* folder : {"common", "services", "cli", "simulators"}) {
    const fs::path root = fs::path(TAJO_SOURCE_DIR) / folder;
    if (!fs::exists(root)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
      const std::string extension = entry.path().extension();
      if (extension != ".cc" && extension != ".h") continue;
      std::ifstream stream(entry.path());
      for (std::string line; std::getline(stream, line);) {
        constexpr std::string_view kDirective = "#include ";
        if (!line.starts_with(kDirective)) continue;
        const auto end = line.find_first_of(">\"", kDirective.size() + 1);
        includes.push_back({fs::relative(entry.path(), TAJO_SOURCE_DIR),
                            line.substr(kDirective.size() + 1, end - kDirective.size() - 1)});
      }
    }
  }
  return includes;
}

// What each module of common may include besides itself; docs/architecture.md shows it as a picture.
const std::map<std::string, std::set<std::string>>& Allowed() {
  static const std::set<std::string> ground = {"common/base", "common/json", "common/crypto", "common/retry"};
  static const auto with = [](std::set<std::string> more) {
    more.insert(ground.begin(), ground.end());
    return more;
  };
  static const auto& allowed = *new std::map<std::string, std::set<std::string>>{
      {"common/base", {}},
      {"common/json", {"common/base"}},
      {"common/crypto", {"common/base", "common/json"}},
      {"common/retry", {"common/base"}},
      {"common/config", ground},
      {"common/net", ground},
      {"common/redis", with({"common/net"})},
      {"common/telemetry", with({"common/net"})},
      {"common/jira", with({"common/net"})},
      {"common/brevo", with({"common/net"})},
      {"common/store", with({"common/redis", "common/jira"})},
      {"common/deciding", with({"common/jira", "common/store"})},
      {"common/access",
       with({"common/net", "common/redis", "common/telemetry", "common/jira", "common/brevo", "common/store"})},
  };
  return allowed;
}

TEST(Layers, include_of_a_module_goes_down_only) {
  std::vector<std::string> wrong;
  for (const auto& [file, what] : AllIncludes()) {
    if (!what.starts_with("common/")) continue;
    const std::string from = ModuleOf(file);
    const std::string to = ModuleOf(what);
    if (from == to || !from.starts_with("common/")) continue;
    const auto allowed = Allowed().find(from);
    if (allowed == Allowed().end() || !allowed->second.contains(to)) wrong.push_back(file + " includes " + what);
  }
  EXPECT_THAT(wrong, testing::IsEmpty());
}

TEST(Layers, service_includes_no_other_service) {
  std::vector<std::string> wrong;
  for (const auto& [file, what] : AllIncludes()) {
    const std::string to = ModuleOf(what);
    const bool outside = to.starts_with("services/") || to.starts_with("simulators/") || what.starts_with("cli/");
    if (outside && to != ModuleOf(file)) wrong.push_back(file + " includes " + what);
  }
  EXPECT_THAT(wrong, testing::IsEmpty());
}

TEST(Layers, cli_knows_neither_stores_nor_vendors) {
  std::vector<std::string> wrong;
  for (const auto& [file, what] : AllIncludes()) {
    if (!file.starts_with("cli/")) continue;
    for (const char* module : {"common/store/", "common/redis/", "common/jira/", "common/brevo/", "common/access/"}) {
      if (what.starts_with(module)) wrong.push_back(file + " includes " + what);
    }
  }
  EXPECT_THAT(wrong, testing::IsEmpty());
}

TEST(Layers, library_for_io_is_included_by_its_one_module) {
  const std::vector<std::pair<std::string, std::set<std::string>>> owners = {
      {"curl/", {"common/net"}},
      {"boost/beast", {"common/net"}},
      {"hiredis/", {"common/redis"}},
      {"prometheus/", {"common/telemetry"}},
      {"grpcpp/", {"services/gateway", "cli"}},
      {"yaml-cpp/", {"common/config"}},
  };
  std::vector<std::string> wrong;
  for (const auto& [file, what] : AllIncludes()) {
    for (const auto& [prefix, modules] : owners) {
      if (what.starts_with(prefix) && !modules.contains(ModuleOf(file))) wrong.push_back(file + " includes " + what);
    }
  }
  EXPECT_THAT(wrong, testing::IsEmpty());
}

}  // namespace
