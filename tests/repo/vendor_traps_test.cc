#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/repo/contents.h"

namespace {

namespace fs = std::filesystem;
using tajo::repo::Contents;

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const auto begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

// "Suite.name" of each TEST, TEST_F and TEST_P below tests/.
std::set<std::string> TestsInSources() {
  std::set<std::string> tests;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(TAJO_SOURCE_DIR) / "tests")) {
    if (entry.path().extension() != ".cc") continue;
    const std::string source = Contents(entry.path());
    for (const std::string_view macro : {"\nTEST(", "\nTEST_F(", "\nTEST_P("}) {
      for (auto at = source.find(macro); at != std::string::npos; at = source.find(macro, at + 1)) {
        const auto begin = at + macro.size();
        const auto comma = source.find(',', begin);
        const auto end = source.find(')', begin);
        if (comma == std::string::npos || end == std::string::npos || comma > end) continue;
        const std::string_view text(source);
        tests.insert(std::string(Trimmed(text.substr(begin, comma - begin))) + "." +
                     std::string(Trimmed(text.substr(comma + 1, end - comma - 1))));
      }
    }
  }
  return tests;
}

struct Row {
  int number = 0;
  std::string answer;              // how it is avoided, or why it doesn't concern us
  std::vector<std::string> tests;  // in backticks in the last column
};

Row ReadRow(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream stream(line.substr(1));
  for (std::string cell; std::getline(stream, cell, '|');) cells.emplace_back(Trimmed(cell));
  if (cells.size() != 4) return {};
  Row row{std::stoi(cells[0]), cells[2], {}};
  std::string_view named = cells[3];
  for (auto begin = named.find('`'); begin != std::string_view::npos; begin = named.find('`')) {
    const auto end = named.find('`', begin + 1);
    if (end == std::string_view::npos) break;
    row.tests.emplace_back(named.substr(begin + 1, end - begin - 1));
    named.remove_prefix(end + 1);
  }
  return row;
}

// The rows of each "## Vendor" of docs/vendor-traps.md.
std::map<std::string, std::vector<Row>> Rows() {
  std::map<std::string, std::vector<Row>> rows;
  std::ifstream file(fs::path(TAJO_SOURCE_DIR) / "docs" / "vendor-traps.md");
  std::string vendor;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("## ")) vendor = line.substr(3);
    if (line.size() > 2 && line[0] == '|' && line[2] >= '0' && line[2] <= '9') rows[vendor].push_back(ReadRow(line));
  }
  return rows;
}

TEST(VendorTrapsList, has_every_trap_of_both_vendors_once) {
  const std::map<std::string, int> counts = {{"Jira", 45}, {"Brevo", 42}};
  const auto rows = Rows();
  for (const auto& [vendor, count] : counts) {
    ASSERT_TRUE(rows.contains(vendor)) << vendor;
    std::vector<int> numbers;
    for (const Row& row : rows.at(vendor)) numbers.push_back(row.number);
    std::vector<int> wanted;
    for (int i = 1; i <= count; ++i) wanted.push_back(i);
    EXPECT_EQ(numbers, wanted) << vendor;
  }
}

TEST(VendorTrapsList, names_tests_that_exist) {
  const std::set<std::string> known = TestsInSources();
  std::vector<std::string> gone;
  for (const auto& [vendor, rows] : Rows()) {
    for (const Row& row : rows) {
      for (const std::string& test : row.tests) {
        if (!known.contains(test)) gone.push_back(vendor + " " + std::to_string(row.number) + ": " + test);
      }
    }
  }
  EXPECT_THAT(gone, testing::IsEmpty());
}

TEST(VendorTrapsList, leaves_no_trap_without_a_test_or_a_reason) {
  std::vector<std::string> open;
  for (const auto& [vendor, rows] : Rows()) {
    for (const Row& row : rows) {
      const bool said = row.answer.starts_with("Not ours:");
      if (row.tests.empty() && !said) open.push_back(vendor + " " + std::to_string(row.number));
    }
  }
  EXPECT_THAT(open, testing::IsEmpty());
}

}  // namespace
