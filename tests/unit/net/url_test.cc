#include "common/net/url.h"
#include "common/net/public_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::net {
namespace {

using ::testing::ElementsAre;
using ::testing::Not;
using ::testing::Pair;

TEST(ParseUrl, full_url_is_taken_apart) {
  const auto url = ParseUrl("HTTPS://API.Brevo.com:8443/v3/contacts?limit=10&offset=0#top");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(url->scheme, "https");
  EXPECT_EQ(url->host, "api.brevo.com");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->path, "/v3/contacts");
  EXPECT_EQ(url->query, "limit=10&offset=0");
  EXPECT_EQ(url->Origin(), "https://api.brevo.com:8443");
}

TEST(ParseUrl, missing_parts_get_their_defaults) {
  const auto secure = ParseUrl("https://api.atlassian.com");
  ASSERT_TRUE(secure.ok());
  EXPECT_EQ(secure->port, 443);
  EXPECT_EQ(secure->path, "/");
  EXPECT_EQ(secure->Origin(), "https://api.atlassian.com");
  const auto plain = ParseUrl("http://127.0.0.1?q=1");
  ASSERT_TRUE(plain.ok());
  EXPECT_EQ(plain->port, 80);
  EXPECT_EQ(plain->path, "/");
  EXPECT_EQ(plain->query, "q=1");
}

TEST(ParseUrl, ipv6_host_keeps_its_brackets_in_the_origin_only) {
  const auto url = ParseUrl("http://[::1]:8080/x");
  ASSERT_TRUE(url.ok());
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(url->Origin(), "http://[::1]:8080");
}

TEST(ParseUrl, what_is_no_url_is_refused) {
  for (const char* text : {"",
                           "example.com",
                           "ftp://example.com",
                           "https://",
                           "https:///path",
                           "https://exa mple.com",
                           "https://a\r\nb",
                           "https://example.com:",
                           "https://example.com:0",
                           "https://example.com:65536",
                           "https://example.com:8x",
                           "https://[::1",
                           "https://[::1]x",
                           "https://[zz]",
                           "https://.example.com",
                           "https://a..b",
                           "https://-a.com",
                           "https://ex\xc3\xa4mple.com",
                           "https://example.com\\@evil.example.org",
                           "https://exa%6dple.com"}) {
    const auto url = ParseUrl(text);
    EXPECT_EQ(base::ReasonOf(url.status()), jira::v1::REQUEST_INVALID) << text;
  }
}

TEST(ParseUrl, user_name_is_refused_and_not_repeated) {
  const auto url = ParseUrl("https://someone:hush@example.com/");
  ASSERT_FALSE(url.ok());
  EXPECT_THAT(std::string(url.status().message()), Not(::testing::HasSubstr("hush")));
  EXPECT_TRUE(ParseUrl("https://example.com/@handle").ok());
}

TEST(NormaliseSiteUrl, what_people_type_becomes_the_origin) {
  const char* const kSite = "https://your-domain.atlassian.net";
  for (const char* text :
       {"your-domain.atlassian.net", "https://your-domain.atlassian.net", "https://your-domain.atlassian.net/",
        "Your-Domain.Atlassian.NET/jira/software/projects/ABC?x=1", "  https://your-domain.atlassian.net:443/ \n",
        "HTTPS://your-domain.atlassian.net#top"}) {
    const auto url = NormaliseSiteUrl(text);
    ASSERT_TRUE(url.ok()) << text << url.status();
    EXPECT_EQ(*url, kSite) << text;
  }
}

TEST(NormaliseSiteUrl, scheme_and_port_of_a_simulator_are_kept) {
  EXPECT_EQ(*NormaliseSiteUrl("http://127.0.0.1:8080/"), "http://127.0.0.1:8080");
  EXPECT_EQ(*NormaliseSiteUrl("localhost:8080"), "https://localhost:8080");
}

TEST(NormaliseSiteUrl, what_has_no_host_is_refused) {
  for (const char* text : {"", "   ", "/", "https://", "ftp://a.atlassian.net", "someone@your-domain.atlassian.net",
                           "https://someone:x@your-domain.atlassian.net", "my site"}) {
    EXPECT_EQ(base::ReasonOf(NormaliseSiteUrl(text).status()), jira::v1::REQUEST_INVALID) << text;
  }
}

TEST(ParseHostPort, addresses_are_taken_apart) {
  EXPECT_EQ(ParseHostPort("0.0.0.0:8080")->host, "0.0.0.0");
  EXPECT_EQ(ParseHostPort("0.0.0.0:8080")->port, 8080);
  EXPECT_EQ(ParseHostPort(":9464")->host, "");
  EXPECT_EQ(ParseHostPort("[::1]:0")->host, "::1");
  for (const char* text : {"", "8080", "127.0.0.1", "127.0.0.1:", "a:b", "::1:80", "a b:80", "a:70000", "[::1]"}) {
    EXPECT_EQ(base::ReasonOf(ParseHostPort(text).status()), jira::v1::REQUEST_INVALID) << text;
  }
}

TEST(Encode, everything_but_unreserved_characters_is_escaped) {
  EXPECT_EQ(EncodePathSegment("ABC-1_.~"), "ABC-1_.~");
  EXPECT_EQ(EncodePathSegment("a/b?c#d%"), "a%2Fb%3Fc%23d%25");
  EXPECT_EQ(EncodeQueryValue("project = \"ABC\" AND updated >= -1d"),
            "project%20%3D%20%22ABC%22%20AND%20updated%20%3E%3D%20-1d");
  EXPECT_EQ(EncodeQueryValue("user+tag@example.com"), "user%2Btag%40example.com");
  EXPECT_EQ(EncodeQueryValue("\xc3\xa9"), "%C3%A9");
}

TEST(DecodePercent, escapes_are_read_and_broken_ones_refused) {
  EXPECT_EQ(DecodePercent("a%2Fb%20c"), "a/b c");
  EXPECT_EQ(DecodePercent("a+b"), "a+b");
  EXPECT_EQ(DecodePercent("%41"), "A");
  for (const char* text : {"%", "%4", "a%4", "%zz", "%4g"}) EXPECT_EQ(DecodePercent(text), std::nullopt) << text;
}

TEST(ParseQuery, parts_are_decoded_in_order) {
  EXPECT_THAT(
      ParseQuery("a=1&b=x+y%26z&&c&d=%zz&a=2&=e"),
      ElementsAre(Pair("a", "1"), Pair("b", "x y&z"), Pair("c", ""), Pair("d", "%zz"), Pair("a", "2"), Pair("", "e")));
  EXPECT_TRUE(ParseQuery("").empty());
}

TEST(FindQueryParam, first_of_the_name_is_given) {
  EXPECT_EQ(FindQueryParam("startAt=0&maxResults=50&startAt=9", "startAt"), "0");
  EXPECT_EQ(FindQueryParam("startAt=0", "start"), std::nullopt);
}

TEST(PublicAddress, those_of_private_nets_are_none) {
  for (const char* inner : {"127.0.0.1", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
                            "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fd00::1",
                            "ff02::1", "::ffff:10.0.0.1", "localhost", ""}) {
    EXPECT_FALSE(IsPublicAddress(inner)) << inner;
  }
  for (const char* outer :
       {"104.192.136.1", "172.32.0.1", "100.128.0.1", "1.1.1.1", "2600:1f18::1", "::ffff:1.1.1.1"}) {
    EXPECT_TRUE(IsPublicAddress(outer)) << outer;
  }
}

}  // namespace
}  // namespace tajo::net
