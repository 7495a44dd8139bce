#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> Sources() {
  std::vector<fs::path> files;
  for (const char* folder : {"common", "services", "cli", "simulators", "proto", "tests", "bench", "docs", "deploy"}) {
    const fs::path root = fs::path(TAJO_SOURCE_DIR) / folder;
    if (!fs::exists(root)) continue;
    for (auto entry = fs::recursive_directory_iterator(root); entry != fs::recursive_directory_iterator(); ++entry) {
      if (entry->path().filename() == "node_modules" || entry->path().filename() == "corpus") {
        entry.disable_recursion_pending();
        continue;
      }
      if (entry->is_regular_file()) files.push_back(entry->path());
    }
  }
  return files;
}

// file:line of each line that holds one of the words.
std::vector<std::string> Lines(const std::vector<std::string>& words, const std::vector<std::string>& extensions) {
  std::vector<std::string> found;
  for (const auto& path : Sources()) {
    const std::string extension = path.extension();
    if (std::find(extensions.begin(), extensions.end(), extension) == extensions.end()) continue;
    if (path.filename() == "words_test.cc") continue;
    std::ifstream stream(path);
    int number = 0;
    for (std::string line; std::getline(stream, line);) {
      ++number;
      const auto in_line = [&line](const std::string& word) { return line.find(word) != std::string::npos; };
      if (std::any_of(words.begin(), words.end(), in_line)) {
        found.push_back(fs::relative(path, TAJO_SOURCE_DIR).string() + ":" + std::to_string(number) + ": " + line);
      }
    }
  }
  return found;
}

TEST(Words, code_leaves_nothing_open) {
  EXPECT_THAT(Lines({"TODO:", "TODO(", "// TODO", "FIXME", "HACK"}, {".cc", ".h", ".proto", ".lua", ".cmake"}),
              testing::IsEmpty());
}

TEST(Words, tests_wait_for_conditions_not_for_time) {
  const auto sleeps = Lines({"sleep_for(", "usleep("}, {".cc", ".h"});
  std::vector<std::string> in_tests;
  for (const auto& line : sleeps) {
    // tests/support holds the one loop that polls a condition up to a deadline.
    if (line.starts_with("tests/") && !line.starts_with("tests/support/")) in_tests.push_back(line);
  }
  EXPECT_THAT(in_tests, testing::IsEmpty());
}

TEST(Words, code_detaches_nothing) {
  std::vector<std::string> outside_tests;
  for (const auto& line : Lines({".detach()", "asio::detached"}, {".cc", ".h"})) {
    if (!line.starts_with("tests/")) outside_tests.push_back(line);
  }
  EXPECT_THAT(outside_tests, testing::IsEmpty());
}

}  // namespace
