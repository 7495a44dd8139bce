#include "services/sync-worker/reading/passes.h"

#include <fmt/format.h>

#include <cstdlib>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "common/store/overview.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::worker {
namespace {

PassFacts FactsOf(const store::ConnectionRecord& record, const Cursors& cursors, int64_t now_ms) {
  PassFacts facts;
  facts.sync_interval = std::chrono::seconds(record.config.sync_interval_s());
  facts.last_pass_ms = CursorNumber(cursors, store::kCursorLastPass);
  facts.tried_ms = CursorNumber(cursors, store::kCursorTried);
  facts.trailing_ms = CursorNumber(cursors, store::kCursorTrailing);
  facts.webhooks_registered = !record.webhook_ids.empty() && record.webhook_expires_ms > now_ms;
  facts.webhooks_from_ms = CursorNumber(cursors, store::kCursorWebhooksFrom);
  facts.webhook_missed_ms = CursorNumber(cursors, store::kCursorWebhookMissed);
  facts.clean_passes = CursorNumber(cursors, store::kCursorCleanPasses);
  return facts;
}

std::string TroubleOf(const PassFacts& facts, const Cursors& cursors) {
  std::vector<std::string> troubles;
  if (facts.webhooks_from_ms != 0 && WebhooksDistrusted(facts)) {
    troubles.push_back(fmt::format(
        "Jira's webhooks don't arrive, changes are found by polling: check that webhook-ingest can be reached at its "
        "public URL{}",
        facts.webhooks_registered ? "" : ", and the webhook in Jira's settings (System, WebHooks)"));
  }
  if (const std::string hidden = CursorText(cursors, store::kCursorHiddenProjects); !hidden.empty()) {
    troubles.push_back(fmt::format(
        "Jira doesn't show this account project {}, the others go on: grant it Browse projects there, or take the "
        "project out of the config",
        hidden));
  }
  if (std::string failed = CursorText(cursors, store::kCursorTrouble); !failed.empty()) {
    troubles.push_back(fmt::format("changes can't be polled: {}", failed));
  }
  return fmt::format("{}", fmt::join(troubles, "; "));
}

}  // namespace

base::Task<absl::StatusOr<std::string>> Passes::Schedule(const store::ConnectionRecord& record, bool webhooks_begin) {
  TAJO_CO_ASSIGN_OR_RETURN(const Cursors cursors, co_await store_.Cursors());
  // The first sync is a caller's to start: without it nothing has a beginning.
  if (!cursors.contains(store::kCursorLastSync)) co_return std::string();
  const int64_t now_ms = base::ToMillis(clock_.Now());
  PassFacts facts = FactsOf(record, cursors, now_ms);
  redis::Args read = {"HGET", store_.ConnectionKeys().Counters(), store::kCounterLastWebhook};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply last_webhook, co_await redis_.Execute(std::move(read)));
  if (!last_webhook.IsNil()) facts.last_webhook_ms = std::strtoll(last_webhook.String().c_str(), nullptr, 10);
  TAJO_CO_RETURN_IF_ERROR(co_await NoteBeginnings(cursors, webhooks_begin, &facts));

  store::Job job;
  job.full = false;
  job.scheduled = true;
  if (const auto window = TrailingDue(facts, now_ms)) {
    store::Job trailing = job;
    trailing.from_ms = window->from_ms;
    trailing.until_ms = window->until_ms;
    TAJO_CO_RETURN_IF_ERROR(co_await Start(std::move(trailing)));
  }
  if (webhooks_begin || IncrementalDue(facts, now_ms)) TAJO_CO_RETURN_IF_ERROR(co_await Start(std::move(job)));
  co_return TroubleOf(facts, cursors);
}

base::Task<absl::Status> Passes::CatchUp() {
  TAJO_CO_ASSIGN_OR_RETURN(const Cursors cursors, co_await store_.Cursors());
  if (!cursors.contains(store::kCursorLastSync)) co_return absl::OkStatus();
  store::Job job;
  job.full = false;
  job.scheduled = true;
  co_return co_await Start(std::move(job));
}

base::Task<absl::Status> Passes::NoteBeginnings(const Cursors& cursors, bool webhooks_begin, PassFacts* facts) {
  const int64_t now_ms = base::ToMillis(clock_.Now());
  store::Application noted;
  const bool expected = WebhooksExpected(*facts, now_ms);
  if (webhooks_begin || expected != (facts->webhooks_from_ms != 0)) {
    facts->webhooks_from_ms = webhooks_begin || expected ? now_ms : 0;
    noted.cursors[store::kCursorWebhooksFrom] = std::to_string(facts->webhooks_from_ms);
  }
  // What was read by then was read whole.
  const std::string read_until = CursorText(cursors, store::kCursorIncremental);
  if (facts->trailing_ms == 0 && !read_until.empty()) noted.cursors[store::kCursorTrailing] = read_until;
  if (noted.cursors.empty()) co_return absl::OkStatus();
  const auto applied = co_await store_.Apply(std::move(noted));
  co_return applied.status();
}

base::Task<absl::Status> Passes::Start(store::Job job) {
  const auto started = co_await jobs_.Start(store_.ConnectionId(), std::move(job));
  if (base::ReasonOf(started.status()) == jira::v1::SYNC_ALREADY_RUNNING) co_return absl::OkStatus();
  co_return started.status();
}

}  // namespace tajo::worker
