#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace tajo::simulation {

// What happened on purpose, for the judgement at the end.
struct Story {
  // By e-mail: when the erasure was reported as finished; 0 while it isn't.
  std::map<std::string, int64_t> forgotten;
  std::set<std::string> deleted_in_brevo;  // by a person there; the webhook may have been lost
  std::set<std::string> unsubscribed;
  // Tickets whose timeline may lack what happened while they were hidden from us: by id.
  std::set<std::string> disturbed;
  // Tickets whose reporter changed: by id. The earlier one may be nobody whom we know.
  std::set<std::string> reassigned;
  std::vector<std::string> writes_after_erasure;
  std::vector<std::string> private_texts_sent;
  int crashes = 0;
};

}  // namespace tajo::simulation
