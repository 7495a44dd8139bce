#include "common/redis/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::redis {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ParseUrlTest, PlainHost_GetsTheDefaults) {
  const auto url = ParseUrl("redis://127.0.0.1");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(url->addresses, (std::vector<Address>{{"127.0.0.1", 6379}}));
  EXPECT_EQ(url->topology, Topology::kSingle);
  EXPECT_FALSE(url->tls);
  EXPECT_TRUE(url->password.Empty());
  EXPECT_EQ(url->db, 0);
}

TEST(ParseUrlTest, LoginPortAndDatabase_AreDecoded) {
  const auto url = ParseUrl("rediss://worker:p%40ss%3Aw%2Ford@redis.example.com:6380/3");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_TRUE(url->tls);
  EXPECT_EQ(url->user, "worker");
  EXPECT_EQ(url->password.Reveal(), "p@ss:w/ord");
  EXPECT_EQ(url->addresses, (std::vector<Address>{{"redis.example.com", 6380}}));
  EXPECT_EQ(url->db, 3);
}

TEST(ParseUrlTest, PasswordOnly_IsTheDefaultUsers) {
  const auto url = ParseUrl("redis://:opensesame@h");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(url->user, "");
  EXPECT_EQ(url->password.Reveal(), "opensesame");
}

TEST(ParseUrlTest, RawAtInPassword_IsTakenAsPartOfIt) {
  const auto url = ParseUrl("redis://:a@b?c@h:1");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(url->password.Reveal(), "a@b?c");
  EXPECT_EQ(url->addresses[0].host, "h");
}

TEST(ParseUrlTest, UnixSocket_HasPathAndDatabase) {
  const auto url = ParseUrl("unix:///run/redis/redis.sock?db=2");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(url->socket_path, "/run/redis/redis.sock");
  EXPECT_EQ(url->db, 2);
}

TEST(ParseUrlTest, Sentinel_HasSeedsMasterAndDatabase) {
  const auto url = ParseUrl("redis+sentinel://:pw@s1,s2:26380,[::1]:5/mymaster/1");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(url->topology, Topology::kSentinel);
  EXPECT_EQ(url->addresses, (std::vector<Address>{{"s1", 26379}, {"s2", 26380}, {"::1", 5}}));
  EXPECT_EQ(url->master, "mymaster");
  EXPECT_EQ(url->db, 1);
}

TEST(ParseUrlTest, Cluster_HasSeeds) {
  const auto url = ParseUrl("redis+cluster://n1:7000,n2");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(url->topology, Topology::kCluster);
  EXPECT_EQ(url->addresses, (std::vector<Address>{{"n1", 7000}, {"n2", 6379}}));
}

TEST(ParseUrlTest, Ipv6_ReadsAndPrintsInBrackets) {
  const auto url = ParseUrl("redis://[2001:db8::1]:7");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(ToString(url->addresses[0]), "[2001:db8::1]:7");
}

struct BadUrl {
  const char* text;
  const char* says;
};

class BadUrlTest : public ::testing::TestWithParam<BadUrl> {};

TEST_P(BadUrlTest, BadUrl_IsRefused_NamingTheFaultAndNoPassword) {
  const auto url = ParseUrl(GetParam().text);
  EXPECT_EQ(base::ReasonOf(url.status()), jira::v1::REQUEST_INVALID);
  EXPECT_THAT(url.status().ToString(), HasSubstr(GetParam().says));
  EXPECT_THAT(url.status().ToString(), Not(HasSubstr("hush")));
}

INSTANTIATE_TEST_SUITE_P(All, BadUrlTest,
                         ::testing::Values(BadUrl{"", "scheme"}, BadUrl{"127.0.0.1:6379", "scheme"},
                                           BadUrl{"http://h", "scheme"}, BadUrl{"redis://", "host is missing"},
                                           BadUrl{"redis://:hush@", "host is missing"},
                                           BadUrl{"redis://hush@h", "user:password"}, BadUrl{"redis://:h%ush@h", "%25"},
                                           BadUrl{"redis://:hush%4@h", "%25"}, BadUrl{"redis://user:@h", "no password"},
                                           BadUrl{"redis://h:0", "port"}, BadUrl{"redis://h:65536", "port"},
                                           BadUrl{"redis://h:6379x", "port"}, BadUrl{"redis://h:", "port"},
                                           BadUrl{"redis://::1", "brackets"}, BadUrl{"redis://[::1", "]"},
                                           BadUrl{"redis://[::1]6379", ":port"}, BadUrl{"redis://h/x", "database"},
                                           BadUrl{"redis://h/-1", "database"}, BadUrl{"redis://h?timeout=1", "?db=N"},
                                           BadUrl{"redis://h1,h2", "sentinel"}, BadUrl{"redis+sentinel://h1", "master"},
                                           BadUrl{"redis+sentinel://h1,,h2/m", "host is empty"},
                                           BadUrl{"redis+cluster://h/1", "database 0"},
                                           BadUrl{"unix://redis.sock", "absolute"}));

}  // namespace
}  // namespace tajo::redis
