#include "common/telemetry/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace tajo::telemetry {
namespace {

using ::testing::HasSubstr;

// The samples of a text exposition: "name{labels}" → value. Fails on a line that isn't one.
std::map<std::string, double> Parse(const std::string& text) {
  std::map<std::string, double> samples;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.starts_with("# HELP ") || line.starts_with("# TYPE ")) continue;
    const std::size_t space = line.rfind(' ');
    EXPECT_NE(space, std::string::npos) << line;
    std::size_t used = 0;
    const std::string number = line.substr(space + 1);
    const double value = std::stod(number, &used);
    EXPECT_EQ(used, number.size()) << line;
    EXPECT_TRUE(samples.emplace(line.substr(0, space), value).second) << "twice: " << line;
  }
  return samples;
}

TEST(Metrics, counter_with_labels_shows_each_series) {
  Metrics metrics("1.2.3");
  auto requests = metrics.CounterFamily("tajo_jira_requests_total", "Calls to Jira.", {"endpoint", "code"});
  requests.With({"search", "200"}).Increment();
  requests.With({"search", "200"}).Increment(2);
  requests.With({"search", "429"}).Increment();
  const std::string text = metrics.Serialize();
  EXPECT_THAT(text,
              HasSubstr("# HELP tajo_jira_requests_total Calls to Jira.\n# TYPE tajo_jira_requests_total counter\n"));
  const auto samples = Parse(text);
  EXPECT_EQ(samples.at(R"(tajo_jira_requests_total{code="200",endpoint="search"})"), 3);
  EXPECT_EQ(samples.at(R"(tajo_jira_requests_total{code="429",endpoint="search"})"), 1);
}

TEST(Metrics, series_without_labels_shows_from_the_start) {
  Metrics metrics("1.2.3");
  metrics.CounterFamily("tajo_missed_webhooks_total", "Changes that no webhook brought.");
  EXPECT_EQ(Parse(metrics.Serialize()).at("tajo_missed_webhooks_total"), 0);
}

TEST(Metrics, gauge_is_set_and_moved) {
  Metrics metrics("1.2.3");
  auto leases = metrics.GaugeFamily("tajo_leases", "Connections owned.").With({});
  leases.Set(5);
  leases.Add(-2);
  EXPECT_EQ(leases.Value(), 3);
  EXPECT_EQ(Parse(metrics.Serialize()).at("tajo_leases"), 3);
}

TEST(Metrics, histogram_counts_into_its_buckets) {
  Metrics metrics("1.2.3");
  auto seconds =
      metrics.HistogramFamily("tajo_ingest_request_seconds", "Time to answer.", {"outcome"}, {0.1, 1}).With({"stored"});
  for (const double value : {0.05, 0.5, 0.6, 7.0}) seconds.Observe(value);
  const auto samples = Parse(metrics.Serialize());
  EXPECT_EQ(samples.at(R"(tajo_ingest_request_seconds_bucket{outcome="stored",le="0.1"})"), 1);
  EXPECT_EQ(samples.at(R"(tajo_ingest_request_seconds_bucket{outcome="stored",le="1"})"), 3);
  EXPECT_EQ(samples.at(R"(tajo_ingest_request_seconds_bucket{outcome="stored",le="+Inf"})"), 4);
  EXPECT_EQ(samples.at(R"(tajo_ingest_request_seconds_count{outcome="stored"})"), 4);
  EXPECT_NEAR(samples.at(R"(tajo_ingest_request_seconds_sum{outcome="stored"})"), 8.15, 1e-9);
}

TEST(Metrics, label_values_are_escaped) {
  Metrics metrics("1.2.3");
  metrics.GaugeFamily("tajo_assignee_open_issues", "Load.", {"assignee"}).With({"a\"b\\c\nd"}).Set(1);
  EXPECT_THAT(metrics.Serialize(), HasSubstr(R"(tajo_assignee_open_issues{assignee="a\"b\\c\nd"} 1)"));
}

TEST(Metrics, values_that_join_alike_are_different_series) {
  Metrics metrics("1.2.3");
  auto family = metrics.CounterFamily("tajo_pairs_total", "x", {"a", "b"});
  family.With({"xy", "z"}).Increment();
  family.With({"x", "yz"}).Increment(5);
  EXPECT_EQ(family.With({"xy", "z"}).Value(), 1);
}

TEST(Metrics, declared_again_alike_is_the_same_family) {
  Metrics metrics("1.2.3");
  metrics.CounterFamily("tajo_a_total", "A.", {"x"}).With({"1"}).Increment();
  EXPECT_EQ(metrics.CounterFamily("tajo_a_total", "A.", {"x"}).With({"1"}).Value(), 1);
}

TEST(Metrics, beyond_a_thousand_series_further_ones_are_other) {
  Metrics metrics("1.2.3");
  auto family = metrics.CounterFamily("tajo_sync_issues_total", "Issues.", {"connection", "kind"});
  for (int i = 0; i < 1500; ++i) family.With({std::to_string(i), "bug"}).Increment();
  family.With({"3", "bug"}).Increment();  // known: still its own
  const auto samples = Parse(metrics.Serialize());
  std::size_t series = 0;
  for (const auto& [name, value] : samples) series += name.starts_with("tajo_sync_issues_total") ? 1 : 0;
  EXPECT_EQ(series, 1001u);
  EXPECT_EQ(samples.at(R"(tajo_sync_issues_total{connection="other",kind="other"})"), 500);
  EXPECT_EQ(samples.at(R"(tajo_sync_issues_total{connection="3",kind="bug"})"), 2);
}

TEST(Metrics, removed_series_is_gone_and_makes_room) {
  Metrics metrics("1.2.3");
  auto family = metrics.GaugeFamily("tajo_stream_backlog", "Entries.", {"connection"});
  for (std::size_t i = 0; i <= kMaxSeries; ++i) family.With({std::to_string(i)}).Set(1);
  family.Remove({"7"});
  family.Remove({"never seen"});
  family.With({"new"}).Set(2);
  const auto samples = Parse(metrics.Serialize());
  EXPECT_FALSE(samples.contains(R"(tajo_stream_backlog{connection="7"})"));
  EXPECT_EQ(samples.at(R"(tajo_stream_backlog{connection="new"})"), 2);
}

TEST(Metrics, incremented_by_many_threads_loses_nothing) {
  Metrics metrics("1.2.3");
  auto family = metrics.CounterFamily("tajo_threads_total", "x", {"n"});
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&family] {
        for (int i = 0; i < 5000; ++i) family.With({std::to_string(i % 20)}).Increment();
      });
    }
  }
  double sum = 0;
  for (int i = 0; i < 20; ++i) sum += family.With({std::to_string(i)}).Value();
  EXPECT_EQ(sum, 20000);
}

TEST(Metrics, before_each_exposition_refreshes_what_is_read_elsewhere) {
  Metrics metrics("1.2.3");
  auto backlog = metrics.GaugeFamily("tajo_stream_backlog", "Entries.").With({});
  int reads = 0;
  metrics.BeforeSerialize([&] { backlog.Set(++reads); });
  EXPECT_EQ(Parse(metrics.Serialize()).at("tajo_stream_backlog"), 1);
  EXPECT_EQ(Parse(metrics.Serialize()).at("tajo_stream_backlog"), 2);
}

TEST(Metrics, process_and_build_are_described) {
  Metrics metrics("1.2.3");
  const std::string text = metrics.Serialize();
  auto samples = Parse(text);
  EXPECT_EQ(samples.at(R"(tajo_build_info{version="1.2.3"})"), 1);
  EXPECT_GT(samples.at("process_resident_memory_bytes"), 1 << 20);
  EXPECT_GE(samples.at("process_open_fds"), 3);
  EXPECT_GT(samples.at("process_start_time_seconds"), 1.7e9);
  EXPECT_THAT(text, HasSubstr("# TYPE process_cpu_seconds_total counter"));
  EXPECT_GE(Parse(metrics.Serialize()).at("process_cpu_seconds_total"), samples.at("process_cpu_seconds_total"));
}

TEST(MetricsDeathTest, wrong_declarations_end_the_process_and_say_which) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  Metrics metrics("1.2.3");
  EXPECT_DEATH(metrics.CounterFamily("requests_total", "x"), "metric requests_total: .*begin with tajo_");
  EXPECT_DEATH(metrics.CounterFamily("tajo_a b", "x"), "metric tajo_a b");
  EXPECT_DEATH(metrics.CounterFamily("tajo_a", "x", {"bad-label"}), "metric tajo_a: a label's name");
  EXPECT_DEATH(
      {
        metrics.CounterFamily("tajo_b", "x");
        metrics.GaugeFamily("tajo_b", "x");
      },
      "metric tajo_b: declared twice, with different types");
  EXPECT_DEATH(
      {
        metrics.CounterFamily("tajo_c", "x", {"l"});
        metrics.CounterFamily("tajo_c", "x", {"m"});
      },
      "metric tajo_c: declared twice, with different labels");
  EXPECT_DEATH(metrics.CounterFamily("tajo_d", "x", {"l"}).With({"1", "2"}),
               "metric tajo_d: 2 label values given for 1");
}

}  // namespace
}  // namespace tajo::telemetry
