#pragma once

#include <set>
#include <vector>

#include "common/store/ids.h"

namespace tajo::worker {

// Contacts that are on their way to Brevo, for as long as it lives.
class OnTheirWay {
 public:
  explicit OnTheirWay(std::multiset<store::ContactId>& sending) : sending_(sending) {}
  ~OnTheirWay() {
    for (const store::ContactId& contact : contacts_) sending_.erase(sending_.find(contact));
  }
  OnTheirWay(const OnTheirWay&) = delete;
  OnTheirWay& operator=(const OnTheirWay&) = delete;
  void Add(const store::ContactId& contact) {
    contacts_.push_back(contact);
    sending_.insert(contact);
  }

 private:
  std::multiset<store::ContactId>& sending_;
  std::vector<store::ContactId> contacts_;
};

}  // namespace tajo::worker
