#pragma once

#include <string>
#include <string_view>

namespace tajo::jira {

// Everything but letters, digits and -._~ as %XX: for a path segment or a query value.
std::string PercentEncode(std::string_view text);

// Builds "/path?a=1&b=two%20words".
class PathBuilder {
 public:
  explicit PathBuilder(std::string path) : path_(std::move(path)) {}
  PathBuilder& Add(std::string_view name, std::string_view value);
  std::string Build() && { return std::move(path_); }

 private:
  std::string path_;
  char separator_ = '?';
};

// Without slashes at the end; "https://" before it where no scheme is.
std::string NormaliseBaseUrl(std::string_view url);

}  // namespace tajo::jira
