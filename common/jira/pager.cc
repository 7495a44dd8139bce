#include "common/jira/pager.h"

#include <utility>

namespace tajo::jira {

Pager::Pager(int max_pages, std::string first_token) : max_pages_(max_pages), token_(std::move(first_token)) {
  if (!token_.empty()) tokens_.insert(token_);
}

void Pager::Next(std::string_view next_token, std::size_t items) {
  ++pages_;
  token_ = std::string(next_token);
  if (token_.empty() || items == 0) {
    done_ = true;
  } else if (!tokens_.insert(token_).second) {
    done_ = true;
    stop_ = Stop::kRepeatedToken;
  } else if (pages_ >= max_pages_) {
    done_ = true;
    stop_ = Stop::kPageCap;
  }
}

void OffsetPager::Next(std::size_t items, std::optional<int64_t> total, std::optional<bool> is_last) {
  ++pages_;
  start_at_ += static_cast<int64_t>(items);
  done_ = items == 0 || is_last.value_or(false) || (total && start_at_ >= *total) || pages_ >= max_pages_;
}

}  // namespace tajo::jira
