#include "simulators/jira/search.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "common/crypto/base64.h"
#include "simulators/jira/dice.h"

namespace tajo::jira_sim {
namespace {

// 128 MB of remembered results; beyond that the oldest one's token is as good as expired.
constexpr std::size_t kMostKeptHits = 32u << 20;

std::string MakeToken(uint64_t set, std::size_t position) {
  return crypto::Base64Url(fmt::format("##{:x}.{:x}.{:x}", set, position, Dice(set, position, 99).Next() >> 40));
}

std::optional<std::pair<uint64_t, std::size_t>> ReadToken(std::string_view token) {
  const auto text = crypto::UnBase64Url(token);
  if (!text || !text->starts_with("##")) return std::nullopt;
  uint64_t set = 0;
  std::size_t position = 0;
  const char* const end = text->data() + text->size();
  const auto first = std::from_chars(text->data() + 2, end, set, 16);
  if (first.ec != std::errc() || first.ptr == end) return std::nullopt;
  std::from_chars(first.ptr + 1, end, position, 16);
  if (MakeToken(set, position) != token) return std::nullopt;
  return std::pair{set, position};
}

}  // namespace

std::vector<jql::Query::Hit> Search::Run(const jql::Query& query, const IndexLag::Stale& stale) const {
  std::vector<jql::Query::Hit> hits;
  const bool lagging = !stale.empty();
  for (IssueIndex index = 0; index < world_.IssueCount(); ++index) {
    const IssueRow* row = &world_.Issue(index);
    if (lagging) {
      if (const auto old = stale.find(index); old != stale.end()) {
        if (!old->second) continue;
        row = &*old->second;
      }
    }
    if (world_.IsVisible(*row) && query.Matches(world_, index, *row)) hits.push_back({index, row});
  }
  return hits;
}

absl::StatusOr<Search::Page> Search::First(std::string_view jql, const jql::Context& context, std::size_t size,
                                           const std::vector<IssueIndex>& fresh) {
  auto query = jql::Query::Compile(jql, context);
  if (!query.ok()) return std::move(query).status();
  IndexLag::Stale stale = lag_.At(context.now);
  for (const IssueIndex index : fresh) stale.erase(index);
  std::vector<jql::Query::Hit> hits = Run(*query, stale);
  query->Sort(hits);
  ResultSet set{.id = next_id_++, .jql = std::string(jql), .made = context.now, .hits = {}};
  set.hits.reserve(hits.size());
  for (const auto& hit : hits) set.hits.push_back(hit.index);
  Page page = Cut(set, 0, size, context.now);
  if (!page.next_token.empty()) Keep(std::move(set));
  return page;
}

Search::NextResult Search::Next(std::string_view token, std::string_view jql, Millis now, std::size_t size) {
  const auto place = ReadToken(token);
  if (!place) return {std::nullopt, TokenProblem::kUnknown};
  const auto found = by_id_.find(place->first);
  if (found == by_id_.end() || now - found->second->made > token_ttl_) return {std::nullopt, TokenProblem::kExpired};
  if (found->second->jql != jql) return {std::nullopt, TokenProblem::kOtherQuery};
  return {Cut(*found->second, place->second, size, now), {}};
}

absl::StatusOr<std::size_t> Search::Count(std::string_view jql, const jql::Context& context) {
  auto query = jql::Query::Compile(jql, context);
  if (!query.ok()) return std::move(query).status();
  return Run(*query, lag_.At(context.now)).size();
}

Search::Page Search::Cut(const ResultSet& set, std::size_t from, std::size_t size, Millis now) {
  const IndexLag::Stale stale = lag_.At(now);
  Page page;
  const std::size_t end = std::min(set.hits.size(), from + std::max<std::size_t>(1, size));
  for (std::size_t i = from; i < end; ++i) {
    const IssueIndex index = set.hits[i];
    const IssueRow* row = &world_.Issue(index);
    if (const auto old = stale.find(index); old != stale.end() && old->second) row = &*old->second;
    if (world_.IsVisible(*row)) page.items.push_back({index, *row});
  }
  if (end < set.hits.size()) page.next_token = MakeToken(set.id, end);
  return page;
}

void Search::Keep(ResultSet set) {
  kept_hits_ += set.hits.size();
  sets_.push_front(std::move(set));
  by_id_[sets_.front().id] = sets_.begin();
  while (kept_hits_ > kMostKeptHits && sets_.size() > 1) {
    kept_hits_ -= sets_.back().hits.size();
    by_id_.erase(sets_.back().id);
    sets_.pop_back();
  }
}

}  // namespace tajo::jira_sim
