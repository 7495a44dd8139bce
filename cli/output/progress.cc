#include "cli/output/progress.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/output/text.h"

namespace tajo::cli {
namespace {

namespace v1 = ::tajo::jira::v1;

constexpr std::size_t kBarCells = 20;
constexpr std::size_t kWidthForBar = 60;

std::string Bar(double ratio) {
  const auto full = static_cast<std::size_t>(ratio * kBarCells);
  std::string bar = "[";
  for (std::size_t i = 0; i < kBarCells; ++i) bar += i < full ? "█" : "░";
  return bar + "]";
}

std::string Rate(const v1::Sync& sync, int64_t now_ms) {
  const int64_t elapsed_ms = now_ms - Millis(sync.started_at());
  if (!IsSet(sync.started_at()) || elapsed_ms < 1000 || sync.issues_read() == 0) return "";
  const double rate = static_cast<double>(sync.issues_read()) * 1000.0 / static_cast<double>(elapsed_ms);
  return rate < 10 ? fmt::format("  {:.1f}/s", rate) : fmt::format("  {}/s", Count(static_cast<int64_t>(rate)));
}

std::string Reading(const v1::Sync& sync, int64_t now_ms, bool with_bar) {
  // Jira's count is an estimate: never say that more than everything is read.
  const int64_t expected = std::max(sync.issues_expected(), sync.issues_read());
  if (sync.issues_expected() <= 0) {
    return fmt::format("Reading issues  {} read{}", Count(sync.issues_read()), Rate(sync, now_ms));
  }
  const double ratio = static_cast<double>(sync.issues_read()) / static_cast<double>(expected);
  std::string line =
      fmt::format("Reading issues  {}{}{:3}%  {} of {}{}", with_bar ? Bar(ratio) : "", with_bar ? " " : "",
                  static_cast<int>(ratio * 100), Count(sync.issues_read()), Count(expected), Rate(sync, now_ms));
  if (IsSet(sync.eta()) && Millis(sync.eta()) > now_ms) {
    line += fmt::format("  {} left", Span((Millis(sync.eta()) - now_ms + 999) / 1000));
  }
  return line;
}

std::string Writing(const v1::Sync& sync) {
  return fmt::format("Writing to Brevo  {} contacts and {} events left", Count(sync.contacts_pending()),
                     Count(sync.events_pending()));
}

}  // namespace

std::string ProgressLine(const v1::Sync& sync, int64_t now_ms, std::size_t columns) {
  std::string line;
  if (sync.state() == v1::QUEUED || sync.state() == v1::SYNC_STATE_UNSPECIFIED) {
    line = "Queued: a worker will take it";
  } else if (sync.issues_expected() > 0 && sync.issues_read() >= sync.issues_expected() &&
             sync.contacts_pending() + sync.events_pending() > 0) {
    line = Writing(sync);
  } else {
    line = Reading(sync, now_ms, columns >= kWidthForBar);
  }
  if (!sync.waiting_for().empty()) line += fmt::format("  (waiting for {})", Printable(sync.waiting_for()));
  return columns == 0 ? line : Cut(line, columns);
}

std::string SyncOutcome(const v1::Sync& sync) {
  const std::string name = fmt::format("Sync {}", sync.sync_id());
  const int64_t took_ms = Millis(sync.ended_at()) - Millis(sync.started_at());
  const std::string took =
      IsSet(sync.started_at()) && IsSet(sync.ended_at()) ? fmt::format(" in {}", Span((took_ms + 500) / 1000)) : "";
  switch (sync.state()) {
    case v1::SUCCEEDED:
      return fmt::format("{} succeeded: {} issues read{}.", name, Count(sync.issues_read()), took);
    case v1::FAILED:
      return fmt::format("{} failed after {} issues{}.", name, Count(sync.issues_read()), took);
    case v1::CANCELLED:
      return fmt::format("{} was cancelled after {} issues{}.", name, Count(sync.issues_read()), took);
    default:
      return fmt::format("{} is {}.", name, Words(v1::SyncState_Name(sync.state())));
  }
}

}  // namespace tajo::cli
