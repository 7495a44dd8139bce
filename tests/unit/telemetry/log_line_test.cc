#include "common/telemetry/log_line.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace tajo::telemetry {
namespace {

// 2026-01-01T00:00:00.123Z
const base::WallTime kTime = base::FromMillis(1'767'225'600'123);

std::string Format(std::string_view message, const std::vector<LogField>& fields, LogFormat format = LogFormat::kJson) {
  return FormatLine({kTime, LogLevel::kInfo, "tajo-gateway", message, fields}, format);
}

std::string Field(const LogValue& value, LogFormat format = LogFormat::kJson) {
  const std::string line = Format("m", {{"f", value}}, format);
  if (format == LogFormat::kText) return line.substr(line.find(" f=") + 3);
  const std::size_t start = line.find(R"("f":)") + 4;
  return line.substr(start, line.size() - start - 1);
}

TEST(FormatLine, json_golden) {
  EXPECT_EQ(Format("sync finished", {{"connection", "c-1"},
                                     {"issues", 42},
                                     {"bytes", uint64_t{18'446'744'073'709'551'615U}},
                                     {"seconds", 1.5},
                                     {"full", true},
                                     {"access_token", "abc"},
                                     {"contact", "customer@example.com"}}),
            R"({"time":"2026-01-01T00:00:00.123Z","level":"info","service":"tajo-gateway","message":"sync finished",)"
            R"("connection":"c-1","issues":42,"bytes":18446744073709551615,"seconds":1.5,"full":true,)"
            R"("access_token":"[redacted]","contact":"[email]"})");
}

TEST(FormatLine, text_golden) {
  EXPECT_EQ(
      Format("sync finished",
             {{"connection", "c-1"}, {"issues", 42}, {"why", "a \"b\" = c"}, {"empty", ""}, {"password", "x"}},
             LogFormat::kText),
      R"(2026-01-01T00:00:00.123Z info  tajo-gateway sync finished connection=c-1 issues=42 why="a \"b\" = c" empty="" password=[redacted])");
}

TEST(FormatLine, message_itself_is_redacted) {
  EXPECT_NE(Format("no contact customer@example.com", {}).find(R"("message":"no contact [email]")"), std::string::npos);
}

TEST(FormatLine, control_characters_cannot_forge_a_line) {
  EXPECT_EQ(Field("a\nb\r\t\x01\x7f\"\\"), R"("a\nb\r\t\u0001\u007f\"\\")");
  EXPECT_EQ(Field("a\nlevel=error", LogFormat::kText), R"("a\nlevel=error")");
}

TEST(FormatLine, well_formed_utf8_is_kept) {
  EXPECT_EQ(Field("größe 你好 😀"), "\"größe 你好 😀\"");
}

TEST(FormatLine, malformed_utf8_becomes_the_replacement_character) {
  EXPECT_EQ(Field("a\xff"
                  "b"),
            "\"a\xEF\xBF\xBD"
            "b\"");
  EXPECT_EQ(Field("\xC3"), "\"\xEF\xBF\xBD\"");                                  // cut off
  EXPECT_EQ(Field("\xC0\xAF"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");                  // overlong
  EXPECT_EQ(Field("\xED\xA0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");  // surrogate
}

TEST(FormatLine, numbers_that_json_lacks_become_text) {
  EXPECT_EQ(Field(std::numeric_limits<double>::infinity()), "\"inf\"");
  EXPECT_EQ(Field(std::nan("")), "\"nan\"");
  EXPECT_EQ(Field(int64_t{-9'007'199'254'740'993}), "-9007199254740993");
}

TEST(FormatLine, field_named_like_a_key_of_the_line_is_renamed) {
  const std::string line = Format("m", {{"level", "high"}, {"time", 1}});
  EXPECT_TRUE(line.ends_with(R"("field_level":"high","field_time":1})")) << line;
}

TEST(FormatLine, secret_that_is_a_number_is_redacted_but_a_measure_of_it_is_not) {
  const std::string line = Format("m", {{"token", 123456}, {"token_count", 3}, {"body_bytes", 10}});
  EXPECT_TRUE(line.ends_with(R"("token":"[redacted]","token_count":3,"body_bytes":10})")) << line;
}

TEST(ParseLogLevel, words_of_the_flag) {
  EXPECT_EQ(ParseLogLevel("trace"), LogLevel::kTrace);
  EXPECT_EQ(ParseLogLevel("debug"), LogLevel::kDebug);
  EXPECT_EQ(ParseLogLevel("verbose"), LogLevel::kDebug);
  EXPECT_EQ(ParseLogLevel("info"), LogLevel::kInfo);
  EXPECT_EQ(ParseLogLevel("warn"), LogLevel::kWarn);
  EXPECT_EQ(ParseLogLevel("error"), LogLevel::kError);
  EXPECT_EQ(ParseLogLevel("INFO"), std::nullopt);
  EXPECT_EQ(ParseLogLevel(""), std::nullopt);
}

TEST(ParseLogFormat, words_of_the_flag) {
  EXPECT_EQ(ParseLogFormat("json"), LogFormat::kJson);
  EXPECT_EQ(ParseLogFormat("text"), LogFormat::kText);
  EXPECT_EQ(ParseLogFormat("xml"), std::nullopt);
}

}  // namespace
}  // namespace tajo::telemetry
