#include "common/config/connection_rules.h"
#include "absl/strings/ascii.h"
#include "common/base/ascii.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "common/config/section.h"
#include "common/config/values.h"

namespace tajo::config {
namespace {

constexpr std::string_view kCapitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view kKeyCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
constexpr std::string_view kHostCharacters = "abcdefghijklmnopqrstuvwxyz0123456789.-";
constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kCustomField = "customfield_";
constexpr std::size_t kMaxName = 255;
constexpr std::size_t kMaxJql = 10'000;

bool OnlyHas(std::string_view text, std::string_view characters) {
  return !text.empty() && text.find_first_not_of(characters) == std::string_view::npos;
}

bool IsWordCharacter(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || c == '_' || (c >= '0' && c <= '9') || absl::ascii_isalpha(byte);
}

// A JQL text outside of quotes, as words and brackets.
class JqlScanner {
 public:
  explicit JqlScanner(std::string_view jql) : jql_(jql) {}

  Complaint Check() {
    while (at_ < jql_.size()) {
      if (Complaint complaint = Step()) return complaint;
    }
    if (depth_ > 0) return "a bracket is never closed";
    return std::nullopt;
  }

 private:
  Complaint Step() {
    const char c = jql_[at_];
    if (c == '"' || c == '\'') return SkipQuoted(c);
    if (IsWordCharacter(c)) return TakeWord();
    if (c == '(') ++depth_;
    if (c == ')' && --depth_ < 0) return "a bracket is closed that was never opened";
    // Only blanks may stand inside of ORDER BY.
    if (c != ' ' && c != '\t' && c != '\n' && c != '\r') last_was_order_ = false;
    ++at_;
    return std::nullopt;
  }

  Complaint SkipQuoted(char quote) {
    last_was_order_ = false;
    for (++at_; at_ < jql_.size(); ++at_) {
      if (jql_[at_] == '\\') {
        ++at_;
      } else if (jql_[at_] == quote) {
        ++at_;
        return std::nullopt;
      }
    }
    return fmt::format("a quote ({}) is never closed", quote);
  }

  Complaint TakeWord() {
    const std::size_t begin = at_;
    while (at_ < jql_.size() && IsWordCharacter(jql_[at_])) ++at_;
    const std::string_view word = jql_.substr(begin, at_ - begin);
    if (last_was_order_ && base::EqualsIgnoringCase(word, "by")) {
      return "ORDER BY isn't part of a filter: leave it out, the connector orders by itself";
    }
    last_was_order_ = base::EqualsIgnoringCase(word, "order");
    return std::nullopt;
  }

  std::string_view jql_;
  std::size_t at_ = 0;
  int depth_ = 0;
  bool last_was_order_ = false;
};

// A word of ours, "customfield_10050", or the name of a custom field that isn't a slip of one of those.
Complaint CheckSource(const std::string& source, std::span<const std::string> words) {
  if (std::ranges::find(words, source) != words.end()) return std::nullopt;
  if (Complaint complaint = CheckName(source)) return complaint;
  if (source.starts_with(kCustomField)) {
    if (OnlyHas(std::string_view(source).substr(kCustomField.size()), kDigits)) return std::nullopt;
    return fmt::format("{} isn't an id like customfield_10050", Quoted(source));
  }
  if (const std::string hint = DidYouMean(source, words); !hint.empty()) {
    return fmt::format("no such source {}{}", Quoted(source), hint);
  }
  return std::nullopt;
}

}  // namespace

Complaint CheckProjectKey(std::string_view key) {
  if (OnlyHas(key, kKeyCharacters) && kCapitals.find(key.front()) != std::string_view::npos && key.size() >= 2 &&
      key.size() <= kMaxName) {
    return std::nullopt;
  }
  return fmt::format("{} isn't a project key like SUPPORT (capitals, digits and _)", Quoted(key));
}

Complaint CheckJqlFilter(std::string_view jql) {
  if (jql.size() > kMaxJql) return fmt::format("{} bytes of JQL, more than {}", jql.size(), kMaxJql);
  return JqlScanner(jql).Check();
}

Complaint CheckAttribute(std::string_view attribute) {
  if (!OnlyHas(attribute, kKeyCharacters)) {
    return fmt::format("{} isn't an attribute name like LAST_TICKET_KEY (capitals, digits and _)", Quoted(attribute));
  }
  if (attribute.size() > kMaxName) return fmt::format("an attribute name of {} characters", attribute.size());
  if (attribute == "EXT_ID") return "EXT_ID is an identifier of Brevo, not an attribute: use ext_id_from";
  return std::nullopt;
}

Complaint CheckMappingSource(const std::string& source) {
  static const std::vector<std::string> kWords = {"accountId",    "emailAddress",   "displayName",   "issue_key",
                                                  "issue_status", "issue_priority", "issue_created", "issue_updated",
                                                  "issue_type",   "issue_summary",  "project_key",   "resolution",
                                                  "assignee"};
  return CheckSource(source, kWords);
}

Complaint CheckContactSource(const std::string& source) {
  static const std::vector<std::string> kWords = {"reporter", "creator", "assignee"};
  return CheckSource(source, kWords);
}

Complaint CheckLead(std::string_view lead) {
  const std::size_t at = lead.find('@');
  const bool blank = lead.find_first_of(" \t,;<>") != std::string_view::npos;
  const bool is_email = at != std::string_view::npos && at > 0 && lead.find('@', at + 1) == std::string_view::npos &&
                        lead.find('.', at) != std::string_view::npos;
  // "5b10ac8d82e05b22cc7d4ef5", "712020:8a0b5f3c-..."
  const bool is_account = at == std::string_view::npos && lead.size() >= 10 && lead.size() <= 128;
  if (!blank && (is_email || is_account)) return std::nullopt;
  return "isn't an e-mail or an account id of Jira";  // not repeated: it is somebody's
}

Complaint CheckName(std::string_view name) {
  if (name.find_first_not_of(" \t") == std::string_view::npos) return "is empty";
  if (name.size() > kMaxName) return fmt::format("a name of {} bytes, more than {}", name.size(), kMaxName);
  if (std::ranges::any_of(name, [](unsigned char c) { return c < 0x20 || c == 0x7f; })) {
    return "has a control character";
  }
  return std::nullopt;
}

std::optional<std::string> NormaliseSite(std::string_view url) {
  std::string scheme = "https";
  if (const std::size_t end = url.find("://"); end != std::string_view::npos) {
    scheme.assign(url.substr(0, end));
    scheme = base::LowerCase(scheme);
    if (scheme != "https" && scheme != "http") return std::nullopt;
    url.remove_prefix(end + 3);
  }
  // People paste what the browser shows: the rest of it isn't the site.
  const std::string_view authority = url.substr(0, url.find_first_of("/?#"));
  const std::size_t colon = authority.find(':');
  std::string host(authority.substr(0, colon));
  host = base::LowerCase(host);
  if (!OnlyHas(host, kHostCharacters) || host.front() == '.' || host.front() == '-' || host.size() > kMaxName) {
    return std::nullopt;
  }
  if (colon == std::string_view::npos) return fmt::format("{}://{}", scheme, host);
  const std::string_view port_text = authority.substr(colon + 1);
  const auto port = OnlyHas(port_text, kDigits) ? ParseInteger(port_text) : std::nullopt;
  if (!port || *port < 1 || *port > 65535) return std::nullopt;
  return fmt::format("{}://{}:{}", scheme, host, *port);
}

}  // namespace tajo::config
