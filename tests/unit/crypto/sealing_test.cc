#include "common/crypto/sealing.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "common/base/error.h"
#include "common/crypto/base64.h"
#include "common/crypto/digest.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::crypto {
namespace {

constexpr std::string_view kRecord = "tajo:{c1}:connection";
// 32 bytes: 0, 1, 2 … 31 and 32 times 'B'.
constexpr char kOld[] = "2026-01: AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n";
constexpr char kNew[] = "2026-02: QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI=\n";

Keyring Make(const std::string& text) {
  auto keyring = Keyring::Parse(text, "test");
  EXPECT_TRUE(keyring.ok()) << keyring.status();
  return *std::move(keyring);
}

void ExpectUnreadable(const absl::StatusOr<base::Secret>& opened, std::string_view because) {
  EXPECT_EQ(base::ReasonOf(opened.status()), jira::v1::CREDENTIALS_UNREADABLE);
  EXPECT_NE(opened.status().ToString().find(because), std::string::npos) << opened.status();
}

TEST(Keyring, sealed_value_of_another_implementation_opens) {
  // Made with Python's cryptography (AESGCM): nonce 40 41 … 4b.
  const auto sealed = UnHex(
      "0107323032362d3031404142434445464748494a4b9ad2cb5a5555e52ea3ab631bfa49613e18aa7f37d24c1d5a15ced20feef97f27d27e8e"
      "5c0709");
  const auto opened = Make(kOld).Open(*sealed, kRecord);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->Reveal(), "xkeysib-not-a-real-key");
}

TEST(Keyring, what_it_sealed_it_opens) {
  const Keyring keyring = Make(kOld);
  for (const std::string& plaintext : {std::string(), std::string("a"), std::string(100'000, '\0')}) {
    const auto opened = keyring.Open(keyring.Seal(plaintext, kRecord), kRecord);
    ASSERT_TRUE(opened.ok()) << opened.status();
    EXPECT_EQ(opened->Reveal(), plaintext);
  }
}

TEST(Keyring, same_value_sealed_twice_differs_and_hides_it) {
  const Keyring keyring = Make(kOld);
  const std::string first = keyring.Seal("xkeysib-not-a-real-key", kRecord);
  EXPECT_NE(first, keyring.Seal("xkeysib-not-a-real-key", kRecord));
  EXPECT_EQ(first.find("xkeysib"), std::string::npos);
}

TEST(Keyring, any_changed_byte_is_found_out) {
  const Keyring keyring = Make(kOld);
  const std::string sealed = keyring.Seal("secret", kRecord);
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    ExpectUnreadable(keyring.Open(changed, kRecord), "");
  }
}

TEST(Keyring, any_prefix_of_a_sealed_value_is_refused) {
  const Keyring keyring = Make(kOld);
  const std::string sealed = keyring.Seal("secret", kRecord);
  for (std::size_t size = 0; size < sealed.size(); ++size)
    ExpectUnreadable(keyring.Open(sealed.substr(0, size), kRecord), "");
}

TEST(Keyring, value_moved_to_another_record_is_refused) {
  const Keyring keyring = Make(kOld);
  ExpectUnreadable(keyring.Open(keyring.Seal("secret", kRecord), "tajo:{c2}:connection"), "'2026-01' doesn't open");
}

TEST(Keyring, key_that_is_missing_is_named) {
  ExpectUnreadable(Make(kNew).Open(Make(kOld).Seal("secret", kRecord), kRecord), "'2026-01', which the keyring lacks");
}

TEST(Keyring, other_key_of_the_same_id_is_named) {
  const Keyring other = Make("2026-01: QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI=");
  ExpectUnreadable(other.Open(Make(kOld).Seal("secret", kRecord), kRecord), "'2026-01' doesn't open");
}

TEST(Keyring, after_rotation_the_old_opens_and_wants_to_be_sealed_anew) {
  const Keyring before = Make(kOld);
  const Keyring after = Make(std::string(kNew) + kOld);
  const std::string sealed = before.Seal("secret", kRecord);
  EXPECT_FALSE(before.NeedsReseal(sealed));
  EXPECT_TRUE(after.NeedsReseal(sealed));
  const auto opened = after.Open(sealed, kRecord);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(after.ActiveKeyId(), "2026-02");
  EXPECT_FALSE(after.NeedsReseal(after.Seal(opened->Reveal(), kRecord)));
}

TEST(Keyring, generated_text_is_a_keyring) {
  const Keyring keyring = Make(GenerateKeyring("2026-11-23"));
  EXPECT_EQ(keyring.ActiveKeyId(), "2026-11-23");
  EXPECT_NE(GenerateKeyring(), GenerateKeyring());
  const std::string sealed = Make(GenerateKeyring()).Seal("secret", kRecord);
  ExpectUnreadable(keyring.Open(sealed, kRecord), "lacks");
}

TEST(KeyringParse, comments_blank_lines_and_crlf_are_fine) {
  EXPECT_EQ(Make("# a keyring\r\n\r\n  2026-01 :  AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=  # since January\r\n")
                .ActiveKeyId(),
            "2026-01");
}

TEST(KeyringParse, bad_lines_are_refused_with_their_number_and_never_quoted) {
  const std::pair<std::string, std::string> cases[] = {
      {"", "holds no key"},
      {"# only a comment\n", "holds no key"},
      {"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n", "line 1: expected"},
      {"a b: AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n", "line 1: expected"},
      {std::string(65, 'k') + ": AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n", "line 1: expected"},
      {std::string(kOld) + kOld, "line 2: the key id '2026-01' stands here twice"},
      {"\nshort: AAECAwQFBgcICQoLDA0ODw==\n", "line 2: the key 'short' has 16 bytes, not 32"},
      {"long: AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g\n", "'long' has 33 bytes"},
      {"url: AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n", "'url' isn't base64"},
      {"zero: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", "'zero' is all zeroes"},
      {std::string(kOld) + "again: AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n",
       "'2026-01' and 'again' are the same"},
  };
  for (const auto& [text, because] : cases) {
    const auto keyring = Keyring::Parse(text, "keyring /etc/tajo/keyring");
    EXPECT_EQ(base::ReasonOf(keyring.status()), jira::v1::CONFIG_INVALID) << because;
    EXPECT_NE(keyring.status().ToString().find(because), std::string::npos) << keyring.status();
    EXPECT_NE(keyring.status().ToString().find("/etc/tajo/keyring"), std::string::npos) << keyring.status();
    EXPECT_EQ(keyring.status().ToString().find("AAECAw"), std::string::npos) << keyring.status();
  }
}

class KeyringFile : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string folder = ::testing::TempDir() + "keyring-XXXXXX";
    ASSERT_NE(mkdtemp(folder.data()), nullptr);
    folder_ = folder;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Write(std::string_view text, mode_t mode) {
    const std::string path = folder_ / "keyring";
    std::ofstream(path) << text;
    EXPECT_EQ(chmod(path.c_str(), mode), 0);
    return path;
  }

  std::filesystem::path folder_;
};

TEST_F(KeyringFile, of_mode_0600_or_0400_is_read) {
  for (const mode_t mode : {0600, 0400}) {
    const auto keyring = Keyring::Load(Write(kOld, mode));
    EXPECT_TRUE(keyring.ok()) << keyring.status();
    std::filesystem::remove(folder_ / "keyring");
  }
}

TEST_F(KeyringFile, that_others_may_read_is_refused_with_the_way_out) {
  for (const mode_t mode : {0640, 0604, 0644, 0660, 0700, 0620}) {
    const auto keyring = Keyring::Load(Write(kOld, mode));
    EXPECT_EQ(base::ReasonOf(keyring.status()), jira::v1::CONFIG_INVALID);
    EXPECT_NE(keyring.status().ToString().find("chmod 600"), std::string::npos) << keyring.status();
  }
}

// As Kubernetes mounts a secret with fsGroup: root's, and readable through our group.
TEST_F(KeyringFile, of_another_owner_may_be_readable_by_the_group_and_no_wider) {
  const std::string path = Write(kOld, 0640);
  if (chown(path.c_str(), geteuid() + 1, getegid()) != 0) GTEST_SKIP() << "needs the right to chown";
  EXPECT_TRUE(Keyring::Load(path).ok());
  ASSERT_EQ(chmod(path.c_str(), 0644), 0);
  EXPECT_FALSE(Keyring::Load(path).ok());
  ASSERT_EQ(chmod(path.c_str(), 0660), 0);
  EXPECT_FALSE(Keyring::Load(path).ok());
}

TEST_F(KeyringFile, that_is_missing_names_the_command_that_makes_one) {
  const auto keyring = Keyring::Load(folder_ / "none");
  EXPECT_NE(keyring.status().ToString().find("No such file or directory"), std::string::npos) << keyring.status();
  EXPECT_NE(keyring.status().ToString().find("tajo keyring generate"), std::string::npos) << keyring.status();
}

TEST_F(KeyringFile, that_is_a_folder_or_too_large_is_refused) {
  EXPECT_NE(Keyring::Load(folder_).status().ToString().find("not a regular file"), std::string::npos);
  const auto large = Keyring::Load(Write(std::string(70'000, '#'), 0600));
  EXPECT_NE(large.status().ToString().find("larger than 64 KB"), std::string::npos) << large.status();
}

}  // namespace
}  // namespace tajo::crypto
