#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "common/jira/webhook.h"

namespace tajo::jira {
namespace {

namespace fs = std::filesystem;

const fs::path kBodies = fs::path(TAJO_SHARED_DIR) / "fixtures" / "webhooks";

class WebhookBodies : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(kBodies)) GTEST_SKIP() << "no published webhook bodies beside the checkout";
  }
  static std::string Load(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  Normalised Read(const std::string& name) {
    auto result = normaliser_.Normalise(Load(kBodies / name), {});
    EXPECT_TRUE(result.ok()) << name << ": " << result.status();
    return result.ok() ? *std::move(result) : Normalised();
  }
  WebhookNormaliser normaliser_;
};

TEST_F(WebhookBodies, AllOfThem_AreReadAndLeadToTheirSite) {
  int count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(kBodies)) {
    if (entry.path().extension() != ".json") continue;
    ++count;
    const auto result = normaliser_.Normalise(Load(entry.path()), {});
    ASSERT_TRUE(result.ok()) << entry.path() << result.status();
    const bool is_event = result->webhook_event.find("unknown") == std::string::npos && !result->webhook_event.empty();
    EXPECT_EQ(!result->events.empty(), is_event) << entry.path();
    EXPECT_TRUE(!is_event || !result->site_host.empty()) << entry.path();
  }
  EXPECT_GE(count, 40);
}

TEST_F(WebhookBodies, StatusChangeOfServer_HasItsTwoItems) {
  const Normalised out = Read("jenkins/updateStatus.json");
  const v1::IssueChange& change = out.events.at(0).issue();
  EXPECT_EQ(change.issue().id(), 10011);
  EXPECT_EQ(change.issue().status_category(), v1::DONE);
  EXPECT_EQ(change.issue().resolution(), "Fixed");
  EXPECT_FALSE(change.issue().partial());
  ASSERT_EQ(change.history().changes_size(), 2);
  EXPECT_EQ(change.history().id(), "10004");
  EXPECT_EQ(change.history().changes(0).to_text(), "Done");
  EXPECT_EQ(out.site_host, "localhost:2990");
}

TEST_F(WebhookBodies, CommentOfCloud_IsPartialAndHasNoReporter) {
  const Normalised out = Read("jenkins/cloudAddComment.json");
  const v1::CommentChange& change = out.events.at(0).comment();
  EXPECT_EQ(change.kind(), v1::CREATED);
  EXPECT_EQ(change.comment().id(), "10021");
  EXPECT_EQ(change.comment().text(), "build this please");
  EXPECT_EQ(change.comment().created_ms(), 1524205492300);
  EXPECT_TRUE(change.issue().partial());
  EXPECT_FALSE(change.issue().has_reporter());
  EXPECT_EQ(out.site_host, "jira-trigger-plugin.atlassian.net");
}

TEST_F(WebhookBodies, CommentedIssue_GivesTheCommentOnce) {
  const Normalised out = Read("zulip/commented_v2.json");
  ASSERT_EQ(out.events.size(), 2u);
  EXPECT_EQ(out.events[1].comment().comment().id(), "10400");
  EXPECT_EQ(out.events[1].comment().kind(), v1::CREATED);
  EXPECT_EQ(Read("zulip/comment_edited_v2.json").events.at(1).comment().kind(), v1::UPDATED);
  EXPECT_EQ(Read("zulip/comment_deleted_v2.json").events.size(), 1u);
}

TEST_F(WebhookBodies, PriorityChange_IsRead) {
  const Normalised out = Read("zulip/updated_priority_v1.json");
  const v1::IssueChange& change = out.events.at(0).issue();
  EXPECT_EQ(change.issue().priority(), "Major");
  EXPECT_EQ(change.issue().updated_ms(), 1393444633139);
  EXPECT_EQ(change.history().changes(0).from_text(), "Critical");
  EXPECT_EQ(change.history().changes(0).field_id(), "priority");
}

TEST_F(WebhookBodies, DeletedIssue_IsWhole) {
  for (const char* name : {"zulip/deleted_v1.json", "zulip/deleted_v2.json"}) {
    const Normalised out = Read(name);
    EXPECT_EQ(out.events.at(0).issue().kind(), v1::DELETED);
    EXPECT_FALSE(out.events.at(0).issue().issue().partial());
  }
}

TEST_F(WebhookBodies, Unicode_Survives) {
  EXPECT_FALSE(Read("zulip/created_with_unicode_v2.json").events.at(0).issue().issue().summary().empty());
}

TEST_F(WebhookBodies, BodyOfNoKind_IsNotRecognised) {
  EXPECT_FALSE(Read("zulip/example_anomalous_payload.json").recognised);
  EXPECT_FALSE(Read("zulip/unknown_v1.json").recognised);
  EXPECT_TRUE(Read("zulip/change_status_v1.json").inferred);
}

TEST_F(WebhookBodies, AnyOfThemCutAnywhere_IsUnreadable) {
  const std::string body = Load(kBodies / "zulip/commented_markup_v2.json");
  const std::size_t end = body.find_last_of('}');
  for (std::size_t size = 0; size <= end; size += 7) {
    EXPECT_FALSE(normaliser_.Normalise(std::string_view(body).substr(0, size), {}).ok()) << size;
  }
}

}  // namespace
}  // namespace tajo::jira
