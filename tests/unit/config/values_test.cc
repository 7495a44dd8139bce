#include "common/config/values.h"

#include <gtest/gtest.h>

#include <vector>

namespace tajo::config {
namespace {

using namespace std::chrono_literals;

TEST(ParseDuration, units_and_sums_are_read) {
  EXPECT_EQ(ParseDuration("500ms"), 500ms);
  EXPECT_EQ(ParseDuration("25s"), 25s);
  EXPECT_EQ(ParseDuration("15m"), 15min);
  EXPECT_EQ(ParseDuration("2h"), 2h);
  EXPECT_EQ(ParseDuration("7d"), 168h);
  EXPECT_EQ(ParseDuration("1h30m"), 90min);
  EXPECT_EQ(ParseDuration("0"), 0s);
}

TEST(ParseDuration, other_texts_are_refused) {
  for (const char* text :
       {"", "5", "5 s", "s", "-5s", "1.5h", "5x", "5sec", "10m5", "999999999999999999999s", "300000d"}) {
    EXPECT_EQ(ParseDuration(text), std::nullopt) << text;
  }
}

TEST(FormatDuration, is_the_shortest_that_reads_back) {
  for (const char* text : {"500ms", "25s", "15m", "2h", "1h30m", "1d", "1s1ms", "0"}) {
    EXPECT_EQ(FormatDuration(*ParseDuration(text)), text);
  }
  EXPECT_EQ(FormatDuration(90min), "1h30m");
  EXPECT_EQ(FormatDuration(86'400s), "1d");
}

TEST(ParseListen, host_and_port_are_read_and_written) {
  EXPECT_EQ(ParseListen("0.0.0.0:8080")->port, 8080);
  EXPECT_EQ(ParseListen("[::1]:50051")->host, "::1");
  EXPECT_EQ(ParseListen(":0")->host, "");
  for (const char* text : {"0.0.0.0:8080", "[::1]:50051", ":9464", "localhost:1"}) {
    EXPECT_EQ(ParseListen(text)->ToString(), text);
  }
}

TEST(ParseListen, other_texts_are_refused) {
  for (const char* text : {"", "foo", "8080", "host:", "host:x", "host:65536", "host:-1", "::1:80", "[host]:80",
                           "a b:1", "http://h:1", "[::1]", "h:80x"}) {
    EXPECT_EQ(ParseListen(text), std::nullopt) << text;
  }
}

TEST(ListenAddress, loopback_is_known) {
  for (const char* text : {"127.0.0.1:1", "127.1.2.3:1", "localhost:1", "[::1]:1"}) {
    EXPECT_TRUE(ParseListen(text)->IsLoopback()) << text;
  }
  for (const char* text : {"0.0.0.0:1", ":1", "10.0.0.1:1", "[::]:1", "127.evil.example.com:1"}) {
    EXPECT_FALSE(ParseListen(text)->IsLoopback()) << text;
  }
}

TEST(ParseBool, words_of_yes_and_no_are_read) {
  for (const char* text : {"true", "Yes", "ON", "1"}) EXPECT_EQ(ParseBool(text), true);
  for (const char* text : {"false", "No", "off", "0"}) EXPECT_EQ(ParseBool(text), false);
  for (const char* text : {"", "y", "2", "truee"}) EXPECT_EQ(ParseBool(text), std::nullopt);
}

TEST(Nearest, slips_are_found_and_others_not) {
  const std::vector<std::string> flags = {"redis-url", "listen", "metrics-listen", "log-level", "log-format"};
  EXPECT_EQ(Nearest("redis-ulr", flags), "redis-url");
  EXPECT_EQ(Nearest("lisen", flags), "listen");
  EXPECT_EQ(Nearest("log_level", flags), "log-level");
  EXPECT_EQ(Nearest("Listen", flags), "listen");
  EXPECT_EQ(Nearest("url", flags), "redis-url");
  EXPECT_EQ(Nearest("colour", flags), "");
  EXPECT_EQ(Nearest("", flags), "");
  EXPECT_EQ(Nearest(std::string(100'000, 'x'), flags), "");
}

}  // namespace
}  // namespace tajo::config
