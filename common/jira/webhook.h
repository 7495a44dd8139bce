#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/jira/fields.h"
#include "tajo/jira/v1/event.pb.h"

namespace tajo::jira {

struct NormaliseOptions {
  const IssueFields* fields = nullptr;  // null: no custom fields
  int64_t received_ms = 0;
  std::size_t max_text_bytes = 16u << 10;  // of a comment's text
};

struct Normalised {
  // Usually one. Two where an issue's webhook carries a comment; none for kinds that concern nobody
  // (boards, filters) and for those we don't know.
  std::vector<v1::Event> events;
  std::string webhook_event;                 // Jira's name of it, or the inferred one
  bool recognised = false;                   // a kind that Jira documents
  bool inferred = false;                     // the body didn't name its kind
  std::string site_host;                     // "your-domain.atlassian.net", lower case; empty if no link tells
  std::string cloud_id;                      // of links by way of api.atlassian.com
  std::vector<int64_t> matched_webhook_ids;  // of dynamic webhooks; unique only within a site
};

// Turns webhook bodies into events: Cloud's shapes and old Server ones, with parts missing. Owns its
// parser and buffers, so keep one a thread.
class WebhookNormaliser {
 public:
  WebhookNormaliser();
  ~WebhookNormaliser();

  // WEBHOOK_UNREADABLE if the body isn't one JSON object; anything else that is odd is left out.
  absl::StatusOr<Normalised> Normalise(std::string_view body, const NormaliseOptions& options);

 private:
  class Reader;
  std::unique_ptr<Reader> reader_;
};

// The same with a parser for this one body.
absl::StatusOr<Normalised> NormaliseWebhook(std::string_view body, const NormaliseOptions& options);

}  // namespace tajo::jira
