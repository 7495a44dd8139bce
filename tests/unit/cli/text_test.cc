#include "cli/output/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/gateway.h"
#include "cli/output/documents.h"
#include "cli/output/progress.h"

namespace tajo::cli {
namespace {

namespace v1 = ::tajo::jira::v1;

constexpr int64_t kStartSeconds = 1'764'000'000;

v1::Sync RunningSync() {
  v1::Sync sync;
  sync.set_sync_id("s_1");
  sync.set_state(v1::RUNNING);
  sync.set_issues_read(2500);
  sync.set_issues_expected(5000);
  sync.mutable_started_at()->set_seconds(kStartSeconds);
  sync.mutable_eta()->set_seconds(kStartSeconds + 20);
  return sync;
}

TEST(Printable, escape_sequences_of_a_summary_are_blanks) {
  EXPECT_EQ(Printable("a\x1b[2Jb\nc\x7f"
                      "d"),
            "a [2Jb c d");
  EXPECT_EQ(Printable("\xC2\x9B"
                      "31m Ünï"),
            " 31m Ünï");
}

TEST(Cut, text_that_is_too_wide_ends_with_an_ellipsis_between_characters) {
  EXPECT_EQ(Cut("Überfällig", 4), "Übe…");
  EXPECT_EQ(Cut("fits", 4), "fits");
  EXPECT_EQ(Cut("fits", 0), "");
}

TEST(Count, large_numbers_are_grouped) {
  EXPECT_EQ(Count(0), "0");
  EXPECT_EQ(Count(999), "999");
  EXPECT_EQ(Count(1234567), "1,234,567");
  EXPECT_EQ(Count(-123456), "-123,456");
}

TEST(Span, seconds_are_told_in_the_units_people_use) {
  EXPECT_EQ(Span(12), "12 s");
  EXPECT_EQ(Span(245), "4 min 05 s");
  EXPECT_EQ(Span(12000), "3 h 20 min");
}

TEST(When, time_that_is_not_set_is_never) {
  google::protobuf::Timestamp time;
  EXPECT_EQ(When(time), "never");
  EXPECT_EQ(Iso(time), "");
  time.set_seconds(1'774'540'800);
  EXPECT_EQ(When(time), "2026-03-26 16:00:00 UTC");
  EXPECT_EQ(Iso(time), "2026-03-26T16:00:00.000Z");
}

TEST(Table, columns_are_aligned_and_the_last_is_cut_to_the_width) {
  Table table({"KEY", "SUMMARY"});
  EXPECT_TRUE(table.Empty());
  table.Add({"SUPPORT-1", "Ärger beim Anmelden"});
  table.Add({"S-2", "ok"});
  EXPECT_EQ(table.Text(0), "KEY        SUMMARY\nSUPPORT-1  Ärger beim Anmelden\nS-2        ok\n");
  EXPECT_EQ(table.Text(20), "KEY        SUMMARY\nSUPPORT-1  Ärger be…\nS-2        ok\n");
}

TEST(Labelled, lines_without_a_value_are_left_out) {
  EXPECT_EQ(Labelled({{"State", "active"}, {"Reason", ""}, {"Webhook URL", "/w"}}),
            "  State        active\n  Webhook URL  /w\n");
}

TEST(ProgressLine, half_way_shows_bar_percent_rate_and_time_left) {
  EXPECT_EQ(ProgressLine(RunningSync(), (kStartSeconds + 10) * 1000, 120),
            "Reading issues  [██████████░░░░░░░░░░]  50%  2,500 of 5,000  250/s  10 s left");
}

TEST(ProgressLine, plain_line_has_no_bar) {
  EXPECT_EQ(ProgressLine(RunningSync(), (kStartSeconds + 10) * 1000, 0),
            "Reading issues   50%  2,500 of 5,000  250/s  10 s left");
}

TEST(ProgressLine, narrow_terminal_is_never_exceeded) {
  for (const std::size_t columns : {20U, 40U, 59U, 61U, 80U}) {
    EXPECT_LE(Width(ProgressLine(RunningSync(), (kStartSeconds + 10) * 1000, columns)), columns);
  }
}

TEST(ProgressLine, more_read_than_jira_estimated_stays_at_100_percent) {
  v1::Sync sync = RunningSync();
  sync.set_issues_read(5100);
  EXPECT_THAT(ProgressLine(sync, (kStartSeconds + 10) * 1000, 0), testing::HasSubstr("100%  5,100 of 5,100"));
}

TEST(ProgressLine, everything_read_shows_what_brevo_still_gets) {
  v1::Sync sync = RunningSync();
  sync.set_issues_read(5000);
  sync.set_contacts_pending(1204);
  sync.set_events_pending(88);
  EXPECT_EQ(ProgressLine(sync, 0, 0), "Writing to Brevo  1,204 contacts and 88 events left");
}

TEST(ProgressLine, standing_still_says_what_it_waits_for) {
  v1::Sync sync;
  sync.set_state(v1::RUNNING);
  sync.set_issues_read(7);
  sync.set_waiting_for("Jira's hourly points");
  EXPECT_EQ(ProgressLine(sync, 0, 0), "Reading issues  7 read  (waiting for Jira's hourly points)");
  v1::Sync queued;
  queued.set_state(v1::QUEUED);
  EXPECT_EQ(ProgressLine(queued, 0, 0), "Queued: a worker will take it");
}

TEST(SyncOutcome, ended_sync_says_how_and_in_what_time) {
  v1::Sync sync = RunningSync();
  sync.mutable_ended_at()->set_seconds(kStartSeconds + 12);
  sync.set_state(v1::SUCCEEDED);
  EXPECT_EQ(SyncOutcome(sync), "Sync s_1 succeeded: 2,500 issues read in 12 s.");
  sync.set_state(v1::FAILED);
  EXPECT_EQ(SyncOutcome(sync), "Sync s_1 failed after 2,500 issues in 12 s.");
  sync.set_state(v1::CANCELLED);
  EXPECT_EQ(SyncOutcome(sync), "Sync s_1 was cancelled after 2,500 issues in 12 s.");
}

TEST(FieldText, fields_of_jira_are_told_in_a_few_words) {
  EXPECT_EQ(FieldText(nullptr), "-");
  EXPECT_EQ(FieldText("Login broken"), "Login broken");
  EXPECT_EQ(FieldText(nlohmann::json::parse(R"({"self":"https://x","name":"In Progress","id":"3"})")), "In Progress");
  EXPECT_EQ(FieldText(nlohmann::json::parse(R"({"accountId":"5b10","displayName":"Mia Krystof"})")), "Mia Krystof");
  EXPECT_EQ(FieldText(nlohmann::json::parse(R"(["red",{"name":"blue"}])")), "red, blue");
  EXPECT_EQ(FieldText(nlohmann::json::parse("[]")), "-");
  EXPECT_EQ(FieldText(nlohmann::json::parse("2.5")), "2.5");
  EXPECT_EQ(FieldText(nlohmann::json::parse(R"({"type":"doc","version":1,"content":[
                {"type":"paragraph","content":[{"type":"text","text":"One"}]},
                {"type":"paragraph","content":[{"type":"text","text":"two"}]}]})")),
            "One two");
}

TEST(Documents, status_without_a_sync_has_null_where_nothing_is_known) {
  v1::Status status;
  status.set_connection_id("c_1");
  status.set_state(v1::PENDING);
  const nlohmann::json document = ToJson(status);
  EXPECT_EQ(document["connected"], false);
  EXPECT_EQ(document["lastSync"], nullptr);
  EXPECT_EQ(document["state"], "PENDING");
  EXPECT_EQ(document["reason"], nullptr);
}

TEST(Documents, fields_that_are_no_json_object_become_an_empty_one) {
  v1::QueryResponse::Row row;
  row.set_key("A-1");
  row.set_fields_json("<html>");
  EXPECT_EQ(ToJson(row)["fields"], nlohmann::json::object());
}

TEST(IsLoopbackAddress, only_this_machine_counts) {
  for (const char* address : {"127.0.0.1:1", "localhost:50051", "[::1]:2", "unix:/run/tajo.sock"}) {
    EXPECT_TRUE(IsLoopbackAddress(address)) << address;
  }
  for (const char* address :
       {"10.0.0.1:1", "127.evil.example.com:1", "gateway.example.com:443", ":50051", "localhost"}) {
    EXPECT_FALSE(IsLoopbackAddress(address)) << address;
  }
}

}  // namespace
}  // namespace tajo::cli
