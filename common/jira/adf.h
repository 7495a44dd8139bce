#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tajo::jira {

inline constexpr std::size_t kMaxPlainTextBytes = 64u << 10;

// Plain text of an Atlassian document (v3 rich text): JSON in, text out. Never fails: what isn't
// understood is left out, unknown nodes give what they contain. At most `max_bytes`, cut between
// characters; nesting beyond 100 levels is left out.
std::string AdfToText(std::string_view json, std::size_t max_bytes = kMaxPlainTextBytes);

// Plain text of Jira's wiki markup (v2 rich text: webhooks).
std::string WikiToText(std::string_view markup, std::size_t max_bytes = kMaxPlainTextBytes);

// Rich text as any payload has it, as JSON: a string of markup, a document, or null.
std::string RichToText(std::string_view json, std::size_t max_bytes = kMaxPlainTextBytes);

// A document of plain paragraphs, for issues that we create: blank lines part paragraphs, others break lines.
std::string TextToAdf(std::string_view text);

}  // namespace tajo::jira
