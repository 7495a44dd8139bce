#include <gtest/gtest.h>

#include <string>

#include "common/jira/adf.h"

namespace tajo::jira {
namespace {

std::string Doc(const std::string& content) {
  return R"({"type":"doc","version":1,"content":[)" + content + "]}";
}
std::string Par(const std::string& content) {
  return R"({"type":"paragraph","content":[)" + content + "]}";
}
std::string Txt(const std::string& text) {
  return R"({"type":"text","text":")" + text + "\"}";
}

TEST(AdfToText, Paragraphs_AreParted) {
  EXPECT_EQ(AdfToText(Doc(Par(Txt("One")) + "," + R"({"type":"heading","attrs":{"level":2},"content":[)" + Txt("Two") +
                          "]}," + Par(Txt("a") + R"(,{"type":"hardBreak"},)" + Txt("b")))),
            "One\n\nTwo\n\na\nb");
}

TEST(AdfToText, Lists_AreNumberedMarkedAndNested) {
  const std::string inner = R"({"type":"orderedList","attrs":{"order":3},"content":[{"type":"listItem","content":[)" +
                            Par(Txt("x")) + R"(]},{"type":"listItem","content":[)" + Par(Txt("y")) + "]}]}";
  EXPECT_EQ(AdfToText(Doc(R"({"type":"bulletList","content":[{"type":"listItem","content":[)" + Par(Txt("a")) + "," +
                          inner + R"(]},{"type":"listItem","content":[)" + Par(Txt("b")) + "]}]}," + Par(Txt("end")))),
            "- a\n  3. x\n  4. y\n- b\n\nend");
}

TEST(AdfToText, Tasks_ShowTheirState) {
  EXPECT_EQ(AdfToText(Doc(R"({"type":"taskList","attrs":{"localId":"1"},"content":[
    {"type":"taskItem","attrs":{"localId":"2","state":"DONE"},"content":[{"type":"text","text":"pay"}]},
    {"type":"taskItem","attrs":{"localId":"3","state":"TODO"},"content":[{"type":"text","text":"ship"}]}]})")),
            "- [x] pay\n- [ ] ship");
}

TEST(AdfToText, Tables_AreTabbedRows) {
  const std::string row1 = R"({"type":"tableRow","content":[{"type":"tableHeader","content":[)" + Par(Txt("H1")) +
                           R"(]},{"type":"tableHeader","content":[)" + Par(Txt("H2")) + "]}]}";
  const std::string row2 = R"({"type":"tableRow","content":[{"type":"tableCell","content":[)" + Par(Txt("a")) + "," +
                           Par(Txt("b")) + R"(]},{"type":"tableCell","content":[)" + Par(Txt("c")) + "]}]}";
  EXPECT_EQ(
      AdfToText(Doc(Par(Txt("See")) + R"(,{"type":"table","content":[)" + row1 + "," + row2 + "]}," + Par(Txt("ok")))),
      "See\n\nH1\tH2\na b\tc\n\nok");
}

TEST(AdfToText, InlineNodes_HaveTheirWords) {
  EXPECT_EQ(
      AdfToText(Doc(Par(
          R"({"type":"mention","attrs":{"id":"5b1","text":"@Agent"}},{"type":"text","text":" "},{"type":"mention","attrs":{"id":"5b2"}},{"type":"text","text":" "},{"type":"date","attrs":{"timestamp":"1774540800000"}},{"type":"text","text":" "},{"type":"status","attrs":{"text":"DONE","color":"green"}},{"type":"placeholder","attrs":{"text":"type here"}},{"type":"text","text":" "},{"type":"inlineCard","attrs":{"url":"https://example.com/x"}})"))),
      "@Agent @user 2026-03-26 DONE https://example.com/x");
}

TEST(AdfToText, Links_ShowTheirTargetUnlessItIsSaidOrUnsafe) {
  const auto link = [](const std::string& text, const std::string& href) {
    return Doc(Par(R"({"type":"text","text":")" + text +
                   R"(","marks":[{"type":"strong"},{"type":"link","attrs":{"href":")" + href + R"("}}]})"));
  };
  EXPECT_EQ(AdfToText(link("docs", "https://example.com/d")), "docs (https://example.com/d)");
  EXPECT_EQ(AdfToText(link("https://example.com/d", "https://example.com/d")), "https://example.com/d");
  EXPECT_EQ(AdfToText(link("click", "javascript:alert(1)")), "click");
}

TEST(AdfToText, BlocksOfOtherKinds_AreRendered) {
  EXPECT_EQ(
      AdfToText(Doc(
          R"({"type":"panel","attrs":{"panelType":"info"},"content":[)" + Par(Txt("panel")) +
          R"(]},{"type":"rule"},{"type":"codeBlock","attrs":{"language":"c"},"content":[{"type":"text","text":"a\n  b"}]},
    {"type":"expand","attrs":{"title":"More"},"content":[)" +
          Par(Txt("inside")) +
          R"(]},{"type":"mediaSingle","attrs":{"layout":"center"},"content":[{"type":"media","attrs":{"type":"file","id":"u-1","collection":"","alt":"shot.png"}}]},
    {"type":"blockCard","attrs":{"data":{"url":"https://example.com/card"}}},{"type":"embedCard","attrs":{"url":"javascript:x","layout":"wide"}})")),
      "panel\n\n---\n\na\n  b\n\nMore\n\ninside\n\n[attachment: shot.png]\n\nhttps://example.com/card");
}

TEST(AdfToText, UnknownNode_GivesWhatItContains) {
  EXPECT_EQ(AdfToText(Doc(R"({"type":"hologram2027","content":[)" + Par(Txt("seen")) + "]}")), "seen");
}

TEST(AdfToText, Nesting_IsBounded) {
  std::string nested = Txt("deep");
  for (int i = 0; i < 400; ++i) nested = R"({"type":"blockquote","content":[)" + nested + "]}";
  EXPECT_EQ(AdfToText(nested), "");
  std::string absurd;
  for (int i = 0; i < 100'000; ++i) absurd += R"({"content":[)";
  EXPECT_EQ(AdfToText(absurd), "");
}

TEST(AdfToText, Output_IsCutBetweenCharacters) {
  EXPECT_EQ(AdfToText(Doc(Par(Txt("äöü"))), 3), "ä");
  EXPECT_LE(AdfToText(Doc(Par(Txt(std::string(100'000, 'x'))))).size(), kMaxPlainTextBytes);
}

TEST(AdfToText, NoJson_IsNoText) {
  EXPECT_EQ(AdfToText(""), "");
  EXPECT_EQ(AdfToText("{"), "");
  EXPECT_EQ(AdfToText("[1,2]"), "");
}

TEST(AdfToText, LoneSurrogate_CostsOneCharacter) {
  EXPECT_EQ(AdfToText(Doc(Par(R"({"type":"text","text":"a\ud83d b"})"))), "a\xEF\xBF\xBD b");
}

TEST(WikiToText, Inline_LosesItsMarks) {
  EXPECT_EQ(WikiToText("This is *bold*, _em_, -gone-, +new+ and {{mono}}"), "This is bold, em, gone, new and mono");
  EXPECT_EQ(WikiToText("2 * 3 * 4, snake_case_name, well-known -5"), "2 * 3 * 4, snake_case_name, well-known -5");
  EXPECT_EQ(WikiToText("{color:red}red{color} text"), "red text");
  EXPECT_EQ(WikiToText("Fixed ASAP\\! a\\\\b"), "Fixed ASAP! a\nb");
}

TEST(WikiToText, MentionsAndLinks_AreReadable) {
  EXPECT_EQ(WikiToText("[~accountid:5b10ac8d82e05b22cc7d4ef5] see [docs|https://example.com/d]"),
            "@user see docs (https://example.com/d)");
  EXPECT_EQ(WikiToText("[https://example.com/x|https://example.com/x|smart-link]"), "https://example.com/x");
  EXPECT_EQ(WikiToText("[~jdoe] [click|javascript:alert(1)] a[0]"), "@jdoe click a[0]");
  EXPECT_EQ(WikiToText("!shot.png|thumbnail! and [^log.txt] wow! great!"),
            "[attachment: shot.png] and [attachment: log.txt] wow! great!");
}

TEST(WikiToText, Blocks_AreRendered) {
  EXPECT_EQ(WikiToText("h1. Title\r\n\r\n* a\r\n** b\r\n# one\r\n# two\r\n----\r\nbq. said"),
            "Title\n\n- a\n  - b\n1. one\n2. two\n---\nsaid");
  EXPECT_EQ(WikiToText("||A||B||\n|1|[x|https://example.com]|"), "A\tB\n1\tx (https://example.com)");
  EXPECT_EQ(WikiToText("{quote}\nquoted\n{quote}\n{panel:title=Note|borderStyle=solid}\ninside\n{panel}"),
            "quoted\nNote\ninside");
}

TEST(WikiToText, Code_IsLeftAsItIs) {
  EXPECT_EQ(WikiToText("Look:\n{code:java}\nint *a* = b[1];\n{code}\nend"), "Look:\nint *a* = b[1];\nend");
  EXPECT_EQ(WikiToText("{noformat}*x*{noformat}"), "*x*");
  EXPECT_EQ(WikiToText("{code}\nnever closed *x*"), "never closed *x*");
}

TEST(WikiToText, HostileMarkup_EndsInTime) {
  std::string stars;
  for (int i = 0; i < 50'000; ++i) stars += "*a [";
  EXPECT_LE(WikiToText(stars, 1000).size(), 1000u);
}

TEST(RichToText, TakesMarkupDocumentsAndNull) {
  EXPECT_EQ(RichToText(R"("*hi* \u00e4\n")"), "hi ä");
  EXPECT_EQ(RichToText(Doc(Par(Txt("hi")))), "hi");
  EXPECT_EQ(RichToText("null"), "");
  EXPECT_EQ(RichToText("17"), "");
}

TEST(TextToAdf, PlainText_IsParagraphsAndBreaks) {
  EXPECT_EQ(
      TextToAdf("a\r\nb\n\nc"),
      R"({"content":[{"content":[{"text":"a","type":"text"},{"type":"hardBreak"},{"text":"b","type":"text"}],"type":"paragraph"},{"content":[{"text":"c","type":"text"}],"type":"paragraph"}],"type":"doc","version":1})");
  EXPECT_EQ(AdfToText(TextToAdf("x\ny\n\nz")), "x\ny\n\nz");
}

}  // namespace
}  // namespace tajo::jira
