#include "common/crypto/digest.h"

#include <gtest/gtest.h>

#include "common/crypto/base64.h"

namespace tajo::crypto {
namespace {

TEST(Sha256, abc_of_fips_180_gives_its_digest) {
  EXPECT_EQ(Hex(Sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, nothing_gives_the_digest_of_nothing) {
  EXPECT_EQ(Hex(Sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(HmacSha256, case_1_of_rfc_4231_matches) {
  EXPECT_EQ(Hex(HmacSha256(std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
}

TEST(HmacSha256, key_larger_than_a_block_of_rfc_4231_matches) {
  EXPECT_EQ(Hex(HmacSha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(HmacSha256, empty_key_and_message_match) {
  EXPECT_EQ(Hex(HmacSha256({}, {})), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(UnHex, either_case_is_read) {
  EXPECT_EQ(UnHex("00fFaB"), std::string("\x00\xff\xab", 3));
  EXPECT_EQ(UnHex(""), "");
}

TEST(UnHex, odd_length_or_other_characters_are_refused) {
  EXPECT_EQ(UnHex("abc"), std::nullopt);
  EXPECT_EQ(UnHex("0g"), std::nullopt);
  EXPECT_EQ(UnHex("0x"), std::nullopt);
  EXPECT_EQ(UnHex(" 0"), std::nullopt);
}

TEST(ConstantTimeEquals, equal_and_different_are_told_apart) {
  EXPECT_TRUE(ConstantTimeEquals("", ""));
  EXPECT_TRUE(ConstantTimeEquals("abc", "abc"));
  EXPECT_FALSE(ConstantTimeEquals("abc", "abd"));
  EXPECT_FALSE(ConstantTimeEquals("abc", "ab"));
}

TEST(Base64, vectors_of_rfc_4648_match_both_ways) {
  const std::pair<std::string, std::string> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"},
                                                         {"\xfb\xff", "+/8="}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(Base64(bytes), text);
    EXPECT_EQ(UnBase64(text), bytes);
  }
}

TEST(Base64, what_isnt_its_one_form_is_refused) {
  for (const char* text : {"Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zg==\n", " Zg==", "Z=g=", "====", "-_8="}) {
    EXPECT_EQ(UnBase64(text), std::nullopt) << text;
  }
}

TEST(Base64Url, has_its_own_alphabet_and_no_padding) {
  EXPECT_EQ(Base64Url("\xfb\xff"), "-_8");
  EXPECT_EQ(UnBase64Url("-_8"), "\xfb\xff");
  for (const char* text : {"-_8=", "+/8", "-_9", "A", "-_8 "}) EXPECT_EQ(UnBase64Url(text), std::nullopt) << text;
}

}  // namespace
}  // namespace tajo::crypto
