#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "tests/repo/contents.h"

namespace {

namespace fs = std::filesystem;
using tajo::repo::Contents;

std::vector<fs::path> Documents() {
  const fs::path root(TAJO_SOURCE_DIR);
  std::vector<fs::path> files{root / "README.md"};
  for (const auto& entry : fs::recursive_directory_iterator(root / "docs")) {
    if (entry.path().extension() == ".md") files.push_back(entry.path());
  }
  return files;
}

// What stands in backticks on a line, up to its first blank: of a command, the program.
std::vector<std::string> Quoted(std::string_view line) {
  std::vector<std::string> quoted;
  for (auto begin = line.find('`'); begin != std::string_view::npos; begin = line.find('`')) {
    const auto end = line.find('`', begin + 1);
    if (end == std::string_view::npos) break;
    const std::string_view text = line.substr(begin + 1, end - begin - 1);
    quoted.emplace_back(text.substr(0, text.find(' ')));
    line.remove_prefix(end + 1);
  }
  return quoted;
}

bool IsPath(const std::string& text) {
  constexpr std::string_view kFolders[] = {"common/", "services/", "cli/",   "tests/",  "simulators/",
                                           "bench/",  "deploy/",   "proto/", "scripts/"};
  const bool in_folder = std::any_of(std::begin(kFolders), std::end(kFolders),
                                     [&text](std::string_view folder) { return text.starts_with(folder); });
  return in_folder && text.find_first_of("*?{<") == std::string::npos;  // globs and placeholders
}

TEST(Docs, name_only_files_that_exist) {
  std::vector<std::string> gone;
  std::size_t looked_at = 0;
  for (const fs::path& document : Documents()) {
    std::ifstream stream(document);
    bool in_code = false;
    for (std::string line; std::getline(stream, line);) {
      if (line.starts_with("```")) in_code = !in_code;
      if (in_code) continue;
      for (const std::string& text : Quoted(line)) {
        if (!IsPath(text)) continue;
        ++looked_at;
        if (!fs::exists(fs::path(TAJO_SOURCE_DIR) / text)) gone.push_back(document.filename().string() + ": " + text);
      }
    }
  }
  EXPECT_THAT(gone, testing::IsEmpty());
  EXPECT_GT(looked_at, 10u) << "the documents were not read";
}

// "listen" of settings.AddListen("listen", ...), also where the name stands on the next line.
std::vector<std::string> Flags(const fs::path& source) {
  const std::string text = Contents(source);
  std::vector<std::string> flags;
  constexpr std::string_view kCall = "settings.Add";
  for (auto at = text.find(kCall); at != std::string::npos; at = text.find(kCall, at + 1)) {
    const auto begin = text.find_first_not_of(" \n", text.find('(', at) + 1);
    if (text[begin] != '"') continue;  // a check
    flags.push_back(text.substr(begin + 1, text.find('"', begin + 1) - begin - 1));
  }
  return flags;
}

TEST(Docs, list_every_flag_of_the_services) {
  const fs::path root(TAJO_SOURCE_DIR);
  const std::string documented = Contents(root / "docs" / "configuration.md");
  std::vector<std::string> missing;
  for (const char* source : {"common/config/common_settings.cc", "services/gateway/wiring.cc",
                             "services/webhook-ingest/wiring.cc", "services/sync-worker/wiring.cc"}) {
    const std::vector<std::string> flags = Flags(root / source);
    EXPECT_FALSE(flags.empty()) << source;
    for (const std::string& flag : flags) {
      if (documented.find("`--" + flag + "`") == std::string::npos) missing.push_back(source + (": --" + flag));
    }
  }
  EXPECT_THAT(missing, testing::IsEmpty());
}

}  // namespace
