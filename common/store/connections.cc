#include "common/store/connections.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "common/base/error.h"
#include "common/store/connection_fields.h"
#include "common/store/keys.h"
#include "common/store/lua_scripts.h"
#include "common/store/pipeline.h"
#include "common/store/reply_read.h"
#include "common/store/reseal.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::store {
namespace {

// An index entry without its connection belongs to a Create that is under way, or crashed if older.
constexpr int64_t kCreateTakesAtMostMs = 60'000;
// Longer than any write of a worker that lost the lease to a Delete can be on its way.
constexpr char kDeletionFenceMs[] = "60000";

const redis::Script& ClaimScript() {
  static const redis::Script script(lua::kClaimAccount);
  return script;
}
const redis::Script& PutScript() {
  static const redis::Script script(lua::kPutConnection);
  return script;
}
const redis::Script& DeleteScript() {
  static const redis::Script script(lua::kDeleteKeys);
  return script;
}

std::string TenantKey(std::string_view tenant) {
  return fmt::format("tajo:{{tenant:{}}}:connections", tenant);
}
std::string SiteKey(std::string_view host) {
  return fmt::format("tajo:{{site:{}}}:connections", host);
}
// Webhooks may name their site by its cloud id instead of its host.
base::Task<absl::Status> AddToCloud(redis::Client& redis, std::string connection_id, std::string cloud_id) {
  if (cloud_id.empty()) co_return absl::OkStatus();
  redis::Args add = {"SADD", SiteKey(cloud_id), std::move(connection_id)};
  const auto added = co_await redis.Execute(std::move(add));
  co_return added.status();
}
std::string AccountKey(std::string_view account) {
  return fmt::format("tajo:{{brevo:{}}}:connections", account);
}

absl::Status NotFound(std::string_view connection_id) {
  return base::Error(jira::v1::CONNECTION_NOT_FOUND, fmt::format("there is no connection {}", connection_id));
}

// The attribute names that the connection writes, each followed by a comma. The e-mail is shared:
// it names the contact and is written by nobody.
std::string AttributesOf(const ConnectionRecord& record, std::string_view also = {}) {
  std::set<std::string> names;
  std::vector<jira::v1::FieldMapping> mappings(record.config.field_mapping().begin(),
                                               record.config.field_mapping().end());
  mappings.insert(mappings.end(), record.config.constants().begin(), record.config.constants().end());
  for (const auto& mapping : mappings) {
    std::string name = mapping.attribute();
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    if (!name.empty() && name != "EMAIL") names.insert(std::move(name));
  }
  for (std::size_t end = also.find(','); end != std::string_view::npos; end = also.find(',')) {
    names.emplace(also.substr(0, end));
    also.remove_prefix(end + 1);
  }
  std::string text;
  for (const std::string& name : names) text.append(name).append(",");
  return text;
}

}  // namespace

Connections::Connections(redis::Client& redis, const base::Clock& clock, base::Random& random,
                         const crypto::Keyring& keyring)
    : redis_(redis), clock_(clock), random_(random), keyring_(keyring) {}

base::Task<absl::Status> Connections::Claim(const ConnectionRecord& record, std::string attributes) {
  if (record.brevo_account_key.empty()) co_return absl::OkStatus();
  const std::string key = AccountKey(record.brevo_account_key);
  // A second round after a leftover was swept away; each round removes one.
  for (int round = 0; round < 16; ++round) {
    const int64_t now_ms = base::ToMillis(clock_.Now());
    redis::Args keys = {key};
    redis::Args args = {record.connection_id, record.tenant_id, record.site_host, attributes, std::to_string(now_ms)};
    TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply,
                             co_await redis_.Run(ClaimScript(), std::move(keys), std::move(args)));
    const redis::Reply::Array& answer = reply.Elements();
    if (answer.size() < 4) co_return absl::OkStatus();
    const std::string other = answer[1].String();
    redis::Args exists = {"EXISTS", Keys(other).Connection()};
    TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply there, co_await redis_.Execute(std::move(exists)));
    if (there.Integer() == 0 && answer[2].Integer() + kCreateTakesAtMostMs < now_ms) {
      redis::Args sweep = {"HDEL", key, other};
      TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply swept, co_await redis_.Execute(std::move(sweep)));
      continue;
    }
    if (answer[0].String() == "EXISTS") {
      co_return base::Error(jira::v1::CONNECTION_EXISTS,
                            fmt::format("connection {} already links this site to this Brevo account", other));
    }
    co_return base::Error(jira::v1::BREVO_ACCOUNT_IN_USE,
                          fmt::format("another connection writes the attribute {} of this Brevo account; map to "
                                      "attributes of your own, or remove that connection",
                                      answer[3].String()));
  }
  co_return base::Error(jira::v1::INTERNAL, "the Brevo account's index has too many leftovers; try again");
}

base::Task<absl::Status> Connections::AddToIndexes(std::string connection_id, std::string tenant_id,
                                                   std::string site_host) {
  std::vector<redis::Args> commands;
  commands.push_back({"SADD", TenantKey(tenant_id), connection_id});
  if (!site_host.empty()) commands.push_back({"SADD", SiteKey(site_host), connection_id});
  commands.push_back({"SADD", std::string(kConnectionsKey), connection_id});
  const auto added = co_await ExecuteAll(redis_, std::move(commands));
  co_return added.status();
}

base::Task<absl::StatusOr<int64_t>> Connections::Put(std::string connection_id, std::string how, redis::Args fields) {
  redis::Args keys = {Keys(connection_id).Connection()};
  fields.insert(fields.begin(), std::move(how));
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply,
                           co_await redis_.Run(PutScript(), std::move(keys), std::move(fields)));
  if (IsWord(reply, "MISSING")) co_return NotFound(connection_id);
  if (IsWord(reply, "EXISTS")) {
    co_return base::Error(jira::v1::CONNECTION_EXISTS, fmt::format("the connection {} exists", connection_id));
  }
  if (IsWord(reply, "CHANGED")) {
    co_return base::Error(jira::v1::CONNECTION_CHANGED, "the connection changed since it was read; read it again");
  }
  co_return reply.Integer();
}

// Indexes first, the connection last, the indexes again: a crash leaves entries that lead nowhere,
// which readers ignore and sweep, never a connection that nobody finds. Again, since a reader may
// have swept them in between.
base::Task<absl::StatusOr<ConnectionRecord>> Connections::Create(ConnectionRecord record,
                                                                 jira::v1::Credentials credentials) {
  if (record.connection_id.empty()) record.connection_id = "c_" + random_.Hex(10);
  if (record.created_ms == 0) record.created_ms = base::ToMillis(clock_.Now());
  const std::string attributes = AttributesOf(record);
  TAJO_CO_RETURN_IF_ERROR(co_await Claim(record, attributes));
  TAJO_CO_RETURN_IF_ERROR(co_await AddToIndexes(record.connection_id, record.tenant_id, record.site_host));
  TAJO_CO_RETURN_IF_ERROR(co_await AddToCloud(redis_, record.connection_id, credentials.cloud_id()));
  redis::Args fields = FieldsOfNew(record);
  fields.emplace_back("credentials");
  fields.push_back(keyring_.Seal(credentials.SerializeAsString(), Keys(record.connection_id).Connection()));
  TAJO_CO_ASSIGN_OR_RETURN(record.generation, co_await Put(record.connection_id, "create", std::move(fields)));
  TAJO_CO_RETURN_IF_ERROR(co_await AddToIndexes(record.connection_id, record.tenant_id, record.site_host));
  co_return record;
}

base::Task<absl::StatusOr<ConnectionRecord>> Connections::Get(std::string connection_id) {
  std::vector<std::string> ids = {connection_id};
  TAJO_CO_ASSIGN_OR_RETURN(std::vector<ConnectionRecord> found, co_await Many(std::move(ids)));
  if (found.empty()) co_return NotFound(connection_id);
  co_return std::move(found.front());
}

base::Task<absl::StatusOr<std::vector<ConnectionRecord>>> Connections::Many(std::vector<std::string> connection_ids) {
  std::vector<redis::Args> commands;
  commands.reserve(connection_ids.size());
  for (const std::string& id : connection_ids) commands.push_back(ReadCommand(Keys(id).Connection()));
  TAJO_CO_ASSIGN_OR_RETURN(const auto replies, co_await ExecuteAll(redis_, std::move(commands)));
  std::vector<ConnectionRecord> records;
  for (std::size_t i = 0; i < replies.size(); ++i) {
    std::optional<ConnectionRecord> record = RecordOf(connection_ids[i], replies[i]);
    if (record) records.push_back(*std::move(record));
  }
  co_return records;
}

base::Task<absl::StatusOr<jira::v1::Credentials>> Connections::GetCredentials(std::string connection_id) {
  const std::string key = Keys(connection_id).Connection();
  redis::Args read = {"HGET", key, "credentials"};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply, co_await redis_.Execute(std::move(read)));
  if (reply.IsNil()) co_return NotFound(connection_id);
  TAJO_CO_ASSIGN_OR_RETURN(const base::Secret opened, keyring_.Open(reply.String(), key));
  jira::v1::Credentials credentials;
  if (!credentials.ParseFromString(opened.Reveal())) {
    co_return base::Error(jira::v1::CREDENTIALS_UNREADABLE, "the stored credentials are damaged; enter them anew");
  }
  co_return credentials;
}

// The ids in an index whose connections are there; sweeps the others.
base::Task<absl::StatusOr<std::vector<std::string>>> Connections::Existing(std::string index_key) {
  redis::Args read = {"SMEMBERS", index_key};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply members, co_await redis_.Execute(std::move(read)));
  std::vector<redis::Args> checks;
  for (const redis::Reply& id : members.Elements()) checks.push_back({"EXISTS", Keys(id.String()).Connection()});
  const std::vector<redis::Args> same_checks = checks;
  TAJO_CO_ASSIGN_OR_RETURN(const auto there, co_await ExecuteAll(redis_, std::move(checks)));
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < there.size(); ++i) {
    const std::string id = members.Elements()[i].String();
    if (there[i].Integer() != 0) {
      ids.push_back(id);
      continue;
    }
    redis::Args remove = {"SREM", index_key, id};
    TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply removed, co_await redis_.Execute(std::move(remove)));
    // A Create may just have finished.
    redis::Args check = same_checks[i];
    TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply now_there, co_await redis_.Execute(std::move(check)));
    if (now_there.Integer() == 0) continue;
    redis::Args restore = {"SADD", index_key, id};
    TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply restored, co_await redis_.Execute(std::move(restore)));
    ids.push_back(id);
  }
  std::sort(ids.begin(), ids.end());
  co_return ids;
}

base::Task<absl::StatusOr<std::vector<std::string>>> Connections::OfTenant(std::string tenant_id) {
  return Existing(TenantKey(tenant_id));
}

base::Task<absl::StatusOr<std::vector<std::string>>> Connections::OfSite(std::string site_host) {
  return Existing(SiteKey(site_host));
}

// While it is under way the account's index holds the old and the new names: a crash claims too much,
// never too little, and the next Update mends it.
base::Task<absl::StatusOr<ConnectionRecord>> Connections::Update(ConnectionRecord record,
                                                                 std::optional<jira::v1::Credentials> credentials) {
  TAJO_CO_ASSIGN_OR_RETURN(const ConnectionRecord before, co_await Get(record.connection_id));
  record.tenant_id = before.tenant_id;
  record.created_ms = before.created_ms;
  if (before.generation != record.generation) {
    co_return base::Error(jira::v1::CONNECTION_CHANGED, "the connection changed since it was read; read it again");
  }
  const bool same_account = before.brevo_account_key == record.brevo_account_key;
  const std::string former = AttributesOf(before);
  const std::string both = AttributesOf(record, same_account ? std::string_view(former) : std::string_view());
  TAJO_CO_RETURN_IF_ERROR(co_await Claim(record, both));
  TAJO_CO_RETURN_IF_ERROR(co_await AddToIndexes(record.connection_id, record.tenant_id, record.site_host));
  redis::Args fields = FieldsOfChanged(record);
  if (credentials) {
    fields.emplace_back("credentials");
    fields.push_back(keyring_.Seal(credentials->SerializeAsString(), Keys(record.connection_id).Connection()));
  }
  const absl::StatusOr<int64_t> generation =
      co_await Put(record.connection_id, std::to_string(record.generation), std::move(fields));
  if (!generation.ok()) co_return generation.status();
  record.generation = *generation;
  const std::string exact = AttributesOf(record);
  TAJO_CO_RETURN_IF_ERROR(co_await Claim(record, exact));
  std::vector<redis::Args> removals;
  if (!same_account && !before.brevo_account_key.empty()) {
    removals.push_back({"HDEL", AccountKey(before.brevo_account_key), record.connection_id});
  }
  if (before.site_host != record.site_host && !before.site_host.empty()) {
    removals.push_back({"SREM", SiteKey(before.site_host), record.connection_id});
  }
  const auto removed = co_await ExecuteAll(redis_, std::move(removals));
  if (!removed.ok()) co_return removed.status();
  co_return record;
}

base::Task<absl::Status> Connections::UpdateCredentials(std::string connection_id, jira::v1::Credentials credentials,
                                                        std::optional<int64_t> generation_before) {
  redis::Args fields = {"credentials",
                        keyring_.Seal(credentials.SerializeAsString(), Keys(connection_id).Connection())};
  TAJO_CO_RETURN_IF_ERROR(co_await AddToCloud(redis_, connection_id, credentials.cloud_id()));
  std::string how = "any";
  if (generation_before) how = std::to_string(*generation_before);
  const auto generation = co_await Put(std::move(connection_id), std::move(how), std::move(fields));
  co_return generation.status();
}

base::Task<absl::StatusOr<bool>> Connections::ResealCredentials(std::string connection_id) {
  return Reseal(redis_, keyring_, Keys(connection_id).Connection(), "credentials");
}

base::Task<absl::Status> Connections::SetState(std::string connection_id, jira::v1::ConnectionState state,
                                               std::string reason, std::optional<int64_t> generation_before) {
  redis::Args fields = {"state", std::to_string(static_cast<int>(state)), "reason", std::move(reason)};
  std::string how = "any";
  if (generation_before) how = std::to_string(*generation_before);
  const auto generation = co_await Put(std::move(connection_id), std::move(how), std::move(fields));
  co_return generation.status();
}

base::Task<absl::Status> Connections::SetWebhooks(std::string connection_id, std::vector<int64_t> ids,
                                                  int64_t expires_ms) {
  redis::Args fields = {"webhooks", fmt::format("{}", fmt::join(ids, ",")), "webhook_expires",
                        std::to_string(expires_ms)};
  const auto generation = co_await Put(std::move(connection_id), "keep", std::move(fields));
  co_return generation.status();
}

base::Task<absl::Status> Connections::SetBrevoWebhook(std::string connection_id, int64_t id, int64_t looked_ms,
                                                      int64_t token_ms) {
  redis::Args fields = {"brevo_webhook",           std::to_string(id), "brevo_webhook_looked",
                        std::to_string(looked_ms), "brevo_token",      std::to_string(token_ms)};
  const auto generation = co_await Put(std::move(connection_id), "keep", std::move(fields));
  co_return generation.status();
}

base::Task<absl::Status> Connections::Delete(std::string connection_id) {
  const Keys keys(connection_id);
  redis::Args fence = {"SET", keys.Lease(), "deleted/" + random_.Hex(8), "PX", kDeletionFenceMs};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply fenced, co_await redis_.Execute(std::move(fence)));
  std::vector<std::string> ids = {connection_id};
  TAJO_CO_ASSIGN_OR_RETURN(const std::vector<ConnectionRecord> found, co_await Many(std::move(ids)));
  const auto credentials = co_await GetCredentials(connection_id);
  std::string cursor = "0";
  do {
    redis::Args scanned = {keys.Lease(), keys.Connection()};
    redis::Args args = {keys.Prefix() + "*", cursor, "1000"};
    TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply page,
                             co_await redis_.Run(DeleteScript(), std::move(scanned), std::move(args)));
    cursor = page.Elements().empty() ? "0" : page.Elements()[0].String();
  } while (cursor != "0");
  std::vector<redis::Args> removals;
  for (const ConnectionRecord& record : found) {
    removals.push_back({"SREM", TenantKey(record.tenant_id), connection_id});
    if (!record.site_host.empty()) removals.push_back({"SREM", SiteKey(record.site_host), connection_id});
    if (!record.brevo_account_key.empty()) {
      removals.push_back({"HDEL", AccountKey(record.brevo_account_key), connection_id});
    }
  }
  // Of credentials that can't be opened, it is left to the sweep.
  if (credentials.ok() && !credentials->cloud_id().empty()) {
    removals.push_back({"SREM", SiteKey(credentials->cloud_id()), connection_id});
  }
  removals.push_back({"SREM", std::string(kConnectionsKey), connection_id});
  const auto removed = co_await ExecuteAll(redis_, std::move(removals));
  if (!removed.ok()) co_return removed.status();
  // The way to the indexes goes last. The fence stays until it expires.
  redis::Args last = {"UNLINK", keys.Connection()};
  const auto gone = co_await redis_.Execute(std::move(last));
  co_return gone.status();
}

}  // namespace tajo::store
