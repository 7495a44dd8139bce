#include "common/json/time.h"

#include <gtest/gtest.h>

#include <limits>

namespace tajo::json {
namespace {

constexpr int64_t kFourPm = 1'774'540'800'000;  // 2026-03-26T16:00:00Z

TEST(ParseJiraTime, forms_that_the_vendor_writes_are_read) {
  for (const char* text :
       {"2026-03-26T16:00:00.000+0000", "2026-03-26T16:00:00.000Z", "2026-03-26T16:00:00Z", "2026-03-26T16:00Z",
        "2026-03-26T17:00:00+01:00", "2026-03-26T17:00:00.000+0100", "2026-03-26T17:00+01", "2026-03-26T11:30:00-0430",
        "2026-03-27T02:00:00.000+1000", "2026-03-26 16:00:00Z", "2026-03-26t16:00:00z", "1774540800000"}) {
    EXPECT_EQ(ParseJiraTime(text), kFourPm) << text;
  }
}

TEST(ParseJiraTime, fractions_are_cut_to_milliseconds) {
  EXPECT_EQ(ParseJiraTime("2026-03-26T16:00:00.1Z"), kFourPm + 100);
  EXPECT_EQ(ParseJiraTime("2026-03-26T16:00:00.12+0000"), kFourPm + 120);
  EXPECT_EQ(ParseJiraTime("2026-03-26T16:00:00.123999999Z"), kFourPm + 123);
}

TEST(ParseJiraTime, release_date_is_midnight_utc) {
  EXPECT_EQ(ParseJiraTime("2026-03-26"), kFourPm - 16 * 3'600'000);
}

TEST(ParseJiraTime, days_of_leap_years_are_known) {
  EXPECT_EQ(ParseJiraTime("2024-02-29T00:00:00Z"), 1'709'164'800'000);
  EXPECT_EQ(ParseJiraTime("2026-02-29T00:00:00Z"), std::nullopt);
  EXPECT_EQ(ParseJiraTime("2016-12-31T23:59:60Z"), 1'483'228'800'000);
}

TEST(ParseJiraTime, times_before_1970_are_negative) {
  EXPECT_EQ(ParseJiraTime("1969-12-31T23:59:59.999Z"), -1);
  EXPECT_EQ(ParseJiraTime("0000-01-01T00:00:00Z"), -62'167'219'200'000);
}

TEST(ParseJiraTime, what_isnt_a_time_is_nothing) {
  for (const char* text : {"",
                           "2026",
                           "2026-03",
                           "2026-13-01",
                           "2026-00-01",
                           "2026-03-32",
                           "26/Mar/26",
                           "09/Sep/20",
                           "2026-03-26T",
                           "2026-03-26T16",
                           "2026-03-26T16:00",
                           "2026-03-26T16:00:00",
                           "2026-03-26T24:00:00Z",
                           "2026-03-26T16:60:00Z",
                           "2026-03-26T16:00:00.Z",
                           "2026-03-26T16:00:00Zulu",
                           "2026-03-26T16:00:00+",
                           "2026-03-26T16:00:00+1",
                           "2026-03-26T16:00:00+01:",
                           "2026-03-26T16:00:00+01:0",
                           "2026-03-26T16:00:00+2400",
                           "2026-03-26T16:00:00+0160",
                           " 2026-03-26",
                           "2026-03-26 ",
                           "1774540800",
                           "17745408000000000000000",
                           "-1774540800000",
                           "0000-01-01T00:00:00+0100",
                           "9999-12-31T23:59:59-0100",
                           "２０２６-03-26"}) {
    EXPECT_EQ(ParseJiraTime(text), std::nullopt) << text;
  }
}

TEST(ParseJiraTime, milliseconds_outside_of_our_years_are_nothing) {
  EXPECT_EQ(ParseJiraTime(kFourPm), kFourPm);
  EXPECT_EQ(ParseJiraTime(std::numeric_limits<int64_t>::max()), std::nullopt);
  EXPECT_EQ(ParseJiraTime(std::numeric_limits<int64_t>::min()), std::nullopt);
}

TEST(FormatIso8601, milliseconds_and_zone_are_always_there) {
  EXPECT_EQ(FormatIso8601(kFourPm), "2026-03-26T16:00:00.000Z");
  EXPECT_EQ(FormatIso8601(kFourPm + 61'007), "2026-03-26T16:01:01.007Z");
  EXPECT_EQ(FormatIso8601(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(FormatIso8601(-1), "1969-12-31T23:59:59.999Z");
}

TEST(FormatIso8601, times_beyond_its_years_are_moved_to_the_edge) {
  EXPECT_EQ(FormatIso8601(std::numeric_limits<int64_t>::max()), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(FormatIso8601(std::numeric_limits<int64_t>::min()), "0000-01-01T00:00:00.000Z");
}

TEST(FormatDate, is_the_day_in_utc) {
  EXPECT_EQ(FormatDate(kFourPm), "2026-03-26");
  EXPECT_EQ(FormatDate(kFourPm - 16 * 3'600'000), "2026-03-26");
  EXPECT_EQ(FormatDate(kFourPm - 16 * 3'600'000 - 1), "2026-03-25");
  EXPECT_EQ(FormatDate(-1), "1969-12-31");
}

}  // namespace
}  // namespace tajo::json
