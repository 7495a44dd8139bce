#include "common/config/yaml.h"

#include <gtest/gtest.h>

#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::config {
namespace {

void ExpectYamlRefused(std::string_view text, std::string_view message) {
  const auto document = ParseYaml(text);
  EXPECT_EQ(base::ReasonOf(document.status()), jira::v1::CONFIG_INVALID) << text;
  EXPECT_EQ(document.status().message(), absl::string_view(message.data(), message.size()));
}

TEST(ParseYaml, values_know_their_line_and_quotes) {
  const auto document = ParseYaml("# comment\na: 22\nb:\n  c: \"22\"\n  d: [x, {e: y}]\nf: ~\n");
  ASSERT_TRUE(document.ok()) << document.status();
  EXPECT_EQ(document->Find("a")->text, "22");
  EXPECT_EQ(document->Find("a")->line, 2);
  EXPECT_FALSE(document->Find("a")->quoted);
  const YamlNode& b = *document->Find("b");
  EXPECT_EQ(b.line, 3);
  EXPECT_TRUE(b.Find("c")->quoted);
  EXPECT_EQ(b.Find("c")->line, 4);
  EXPECT_EQ(b.Find("d")->items[1].Find("e")->text, "y");
  EXPECT_TRUE(document->Find("f")->IsNull());
  EXPECT_EQ(document->Find("g"), nullptr);
}

TEST(ParseYaml, empty_texts_are_null) {
  for (const char* text : {"", "\n\n", "# only a comment\n", "---\n", "~"}) {
    const auto document = ParseYaml(text);
    ASSERT_TRUE(document.ok()) << document.status();
    EXPECT_TRUE(document->IsNull()) << text;
  }
}

TEST(ParseYaml, bombs_of_aliases_are_refused_at_the_first_anchor) {
  ExpectYamlRefused("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
                    "line 1: anchors (&) aren't supported: write the value out");
}

TEST(ParseYaml, tags_are_refused) {
  ExpectYamlRefused("a: 1\nb: !!binary aGk=\n", "line 2: tags (!) aren't supported");
  ExpectYamlRefused("a: !thing {}\n", "line 1: tags (!) aren't supported");
}

TEST(ParseYaml, key_that_stands_twice_is_refused) {
  ExpectYamlRefused("a: 1\nb: 2\na: 3\n", "line 3: the key 'a' stands here twice");
}

TEST(ParseYaml, depth_is_bounded) {
  EXPECT_TRUE(ParseYaml(std::string(20, '[') + std::string(20, ']')).ok());
  ExpectYamlRefused(std::string(21, '[') + std::string(21, ']'), "line 1: nested deeper than 20 levels");
  EXPECT_FALSE(ParseYaml(std::string(100'000, '[')).ok());
  EXPECT_FALSE(ParseYaml(std::string(100'000, '{')).ok());
}

TEST(ParseYaml, size_and_count_of_keys_are_bounded) {
  ExpectYamlRefused(std::string(kMaxYamlBytes + 1, ' '), "YAML of 262145 bytes, more than 256 KB");
  std::string keys;
  for (int i = 0; i < 1001; ++i) keys += "k" + std::to_string(i) + ": 1\n";
  ExpectYamlRefused(keys, "line 1001: more than 1,000 keys");
}

TEST(ParseYaml, what_isnt_utf8_is_refused) {
  ExpectYamlRefused("a: \xff\n", "the YAML isn't text in UTF-8");
  ExpectYamlRefused("a: \xed\xa0\x80\n", "the YAML isn't text in UTF-8");
  ExpectYamlRefused(std::string_view("a: \0\n", 5), "the YAML isn't text in UTF-8");
  EXPECT_EQ(ParseYaml("a: Störung 🎫\n")->Find("a")->text, "Störung 🎫");
}

TEST(ParseYaml, quote_that_is_never_closed_is_refused) {
  ExpectYamlRefused("ä: 'ö'\nb: \"x\nc: d\n", "line 2: a quote is never closed");
  ExpectYamlRefused("a: 'it''s\n", "line 1: a quote is never closed");
  ExpectYamlRefused("a: \"x\\\"\n", "line 1: a quote is never closed");
  EXPECT_EQ(ParseYaml("\xef\xbb\xbf"
                      "ä: \"ö\"\r\nb: 'it''s'\n")
                ->Find("b")
                ->text,
            "it's");
  EXPECT_EQ(ParseYaml("a: |\n  \"x\nb: \"\\\"\"")->Find("b")->text, "\"");
}

TEST(ParseYaml, second_document_is_refused) {
  ExpectYamlRefused("a: 1\n---\nb: 2\n", "more than one YAML document ('---'): give one");
}

TEST(ParseYaml, what_isnt_yaml_is_refused_with_its_line) {
  for (const char* text : {"a: 1\n b: 2\n", "a: [1\n", "a: \"x\n", "{a: 1\nb}: }", "? [a]\n: b\n"}) {
    const auto document = ParseYaml(text);
    EXPECT_EQ(base::ReasonOf(document.status()), jira::v1::CONFIG_INVALID) << text;
    EXPECT_TRUE(document.status().message().find("line ") == 0) << document.status();
  }
}

}  // namespace
}  // namespace tajo::config
