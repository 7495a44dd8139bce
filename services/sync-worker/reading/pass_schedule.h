#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "tajo/jira/v1/record.pb.h"

namespace tajo::worker {

// What is known when a connection's passes are planned. Times in ms of our clock; 0: never.
struct PassFacts {
  base::Duration sync_interval = std::chrono::minutes(15);  // of the config
  int64_t last_pass_ms = 0;                                 // when all changes were last read, not only some
  int64_t tried_ms = 0;                                     // when a scheduled pass failed for good
  int64_t trailing_ms = 0;                                  // up to here the trailing pass has read

  bool webhooks_registered = false;  // dynamic ones, by us, and not expired
  int64_t last_webhook_ms = 0;
  int64_t webhooks_from_ms = 0;   // since then webhooks should tell every change
  int64_t webhook_missed_ms = 0;  // when a pass last found a change that they hadn't told
  int64_t clean_passes = 0;       // passes in a row that found no such change
};

// Dynamic webhooks from their registration on; an admin's, which we can't list, as long as any came
// within a week.
bool WebhooksExpected(const PassFacts& facts, int64_t now_ms);

// A pass found what they should have brought, and since then they haven't shown that they work again:
// by a delivery and by two passes that found nothing new.
bool WebhooksDistrusted(const PassFacts& facts);

// How long after a pass the next one is due: the config's interval, doubled with every clean pass up to
// some hours while webhooks tell everything. A pass over a silent site costs two points, so silence
// brings back the config's interval.
base::Duration PassInterval(const PassFacts& facts, int64_t now_ms);
bool IncrementalDue(const PassFacts& facts, int64_t now_ms);

// Changes of this time, in ms, are to be read again: long enough after them that Jira's search index
// knows them all.
struct Window {
  int64_t from_ms = 0;
  int64_t until_ms = 0;
};
std::optional<Window> TrailingDue(const PassFacts& facts, int64_t now_ms);

// How many of a page's events some webhook should have brought and surely didn't, where `queued` of them
// were new. Changes before `from_ms` nobody had to tell; those after `settled_ms` may still be on their way.
int64_t MissedAmong(const std::vector<jira::v1::OutboxEvent>& events, int64_t queued, int64_t from_ms,
                    int64_t settled_ms);
// Changes up to then, if webhooks told them, have been decided. `oldest_waiting_ms`: when the oldest entry
// that waits for us came in; 0: none waits.
int64_t SettledUntil(int64_t now_ms, int64_t oldest_waiting_ms);

}  // namespace tajo::worker
