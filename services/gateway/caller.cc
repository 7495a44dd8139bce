#include "services/gateway/caller.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <system_error>

#include "common/base/ascii.h"
#include "common/base/error.h"
#include "common/config/yaml.h"
#include "common/crypto/digest.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::gateway {
namespace {

using config::YamlNode;

constexpr std::size_t kMaxTenantBytes = 100;
constexpr std::string_view kScheme = "bearer ";

// Tenants stand in the names of Redis keys.
bool IsTenantId(std::string_view id) {
  return !id.empty() && id.size() <= kMaxTenantBytes && std::all_of(id.begin(), id.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.' || c == ':';
  });
}

absl::Status Wrong(std::string_view origin, int line, std::string_view what) {
  return base::Error(jira::v1::CONFIG_INVALID, fmt::format("{}: line {}: {}", origin, line, what));
}

absl::Status ReadTenants(const YamlNode& node, std::string_view origin, Caller& caller) {
  if (node.IsScalar() && node.text == "*") {
    caller.every_tenant = true;
    return absl::OkStatus();
  }
  if (node.kind != YamlNode::Kind::kSequence || node.items.empty()) {
    return Wrong(origin, node.line, "tenants: expected a list of tenant ids, or \"*\"");
  }
  for (const YamlNode& item : node.items) {
    if (!item.IsScalar() || !IsTenantId(item.text)) {
      return Wrong(origin, item.line, "tenants: a tenant id has letters, digits and -_.: only");
    }
    caller.tenants.push_back(item.text);
  }
  return absl::OkStatus();
}

}  // namespace

bool Caller::MayUse(std::string_view tenant) const {
  return every_tenant || std::find(tenants.begin(), tenants.end(), tenant) != tenants.end();
}

absl::StatusOr<std::string> Caller::Tenant(const std::string& named) const {
  if (!named.empty()) {
    if (!IsTenantId(named)) {
      return base::FieldError(jira::v1::REQUEST_INVALID, "tenant_id",
                              "tenant_id has letters, digits and -_.: only, at most 100 of them");
    }
    if (!MayUse(named)) {
      return base::FieldError(jira::v1::PERMISSION_DENIED, "tenant_id",
                              "the token isn't bound to this tenant: use the tenant's own token");
    }
    return named;
  }
  if (!default_tenant.empty()) return default_tenant;
  if (!every_tenant && tenants.size() == 1) return tenants.front();
  return base::FieldError(jira::v1::REQUEST_INVALID, "tenant_id",
                          "tenant_id is missing: the token is bound to more than one tenant");
}

absl::StatusOr<AccessList> AccessList::Load(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return base::Error(jira::v1::CONFIG_INVALID, fmt::format("{}: can't be read", path));
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  return Parse(text, path);
}

absl::StatusOr<AccessList> AccessList::Parse(std::string_view text, std::string_view origin) {
  const auto document = config::ParseYaml(text);
  if (!document.ok()) return base::Annotate(document.status(), origin);
  const YamlNode* tokens = document->Find("tokens");
  if (tokens == nullptr || document->members.size() != 1 || tokens->kind != YamlNode::Kind::kSequence) {
    return Wrong(origin, std::max(document->line, 1), "expected one key, tokens, with a list");
  }
  AccessList list;
  for (const YamlNode& item : tokens->items) {
    Entry& entry = list.entries_.emplace_back();
    const YamlNode* tenants = item.Find("tenants");
    for (const auto& [key, value] : item.members) {
      if (key == "sha256") {
        const auto digest = crypto::UnHex(value.text);
        if (!digest || digest->size() != 32) return Wrong(origin, value.line, "sha256: expected 64 hex digits");
        entry.digest = *digest;
      } else if (key == "access") {
        if (value.text != "read" && value.text != "write") return Wrong(origin, value.line, "access: read or write");
        entry.caller.access = value.text == "write" ? Access::kWrite : Access::kRead;
      } else if (key != "tenants") {
        return Wrong(origin, value.line, fmt::format("unknown key {}: sha256, tenants and access are known", key));
      }
    }
    if (entry.digest.empty() || tenants == nullptr) return Wrong(origin, item.line, "sha256 and tenants are needed");
    if (auto status = ReadTenants(*tenants, origin, entry.caller); !status.ok()) return status;
  }
  return list;
}

AccessList AccessList::Open() {
  AccessList list;
  list.open_ = true;
  return list;
}

absl::StatusOr<Caller> AccessList::Authenticate(std::string_view authorization) const {
  if (open_) {
    Caller caller;
    caller.every_tenant = true;
    caller.default_tenant = "default";
    caller.access = Access::kWrite;
    return caller;
  }
  const bool is_bearer = authorization.size() > kScheme.size() &&
                         base::EqualsIgnoringCase(authorization.substr(0, kScheme.size()), kScheme);
  if (!is_bearer) {
    return base::Error(jira::v1::UNAUTHENTICATED, "no token: send `authorization: Bearer <token>`");
  }
  const crypto::Digest digest = crypto::Sha256(authorization.substr(kScheme.size()));
  const Entry* found = nullptr;
  for (const Entry& entry : entries_) {
    if (crypto::ConstantTimeEquals(entry.digest, crypto::Bytes(digest))) found = &entry;
  }
  if (found == nullptr) {
    return base::Error(jira::v1::UNAUTHENTICATED, "the gateway doesn't know this token: check it, or have it added");
  }
  return found->caller;
}

absl::Status AccessFile::Read() {
  std::error_code ignored;  // Load says what is wrong with it
  // Before its text, so that a change in between is read too.
  const auto time = std::filesystem::last_write_time(path_, ignored);
  auto list = AccessList::Load(path_);
  if (!list.ok()) return list.status();
  source_.Set(*std::move(list));
  read_ = time;
  return absl::OkStatus();
}

absl::Status AccessFile::ReadIfChanged() {
  std::error_code error;
  const auto time = std::filesystem::last_write_time(path_, error);
  if (!error && time == read_) return absl::OkStatus();
  return Read();
}

}  // namespace tajo::gateway
