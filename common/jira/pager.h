#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_set.h"

namespace tajo::jira {

// The guards of a walk over token pages. Jira's tokens repeat under load (JRACLOUD-95368), pages may
// be short or empty, and issues may come twice; the end is where no token is.
//
//   Pager pager;
//   while (!pager.Done()) {
//     query.page_token = pager.Token();
//     ... for each issue: if (pager.FirstSeen(id)) ...
//     pager.Next(page.next_token, page.issues.size());
//   }
//   if (pager.Stopped() != Pager::Stop::kNo) ...  // not the whole: start the window again
class Pager {
 public:
  enum class Stop { kNo, kRepeatedToken, kPageCap };

  explicit Pager(int max_pages = 10'000, std::string first_token = {});

  bool Done() const { return done_; }
  const std::string& Token() const { return token_; }
  void Next(std::string_view next_token, std::size_t items);
  bool FirstSeen(int64_t id) { return seen_.insert(id).second; }
  Stop Stopped() const { return stop_; }
  int Pages() const { return pages_; }

 private:
  int max_pages_;
  std::string token_;
  int pages_ = 0;
  bool done_ = false;
  Stop stop_ = Stop::kNo;
  absl::flat_hash_set<std::string> tokens_;
  absl::flat_hash_set<int64_t> seen_;
};

// The same for pages by offset. They end where Jira says so, or at an empty page; never at a short one.
class OffsetPager {
 public:
  explicit OffsetPager(int max_pages = 1'000) : max_pages_(max_pages) {}

  bool Done() const { return done_; }
  int64_t StartAt() const { return start_at_; }
  void Next(std::size_t items, std::optional<int64_t> total, std::optional<bool> is_last);

 private:
  int max_pages_;
  int pages_ = 0;
  int64_t start_at_ = 0;
  bool done_ = false;
};

}  // namespace tajo::jira
