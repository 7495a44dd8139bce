#include "common/store/users.h"

#include <utility>

#include "common/store/keys.h"
#include "common/store/ledger_key.h"
#include "common/store/lua_scripts.h"
#include "common/store/owner_store.h"
#include "common/store/scripts.h"

namespace tajo::store {
namespace {

constexpr std::size_t kStampBytes = 8;

const redis::Script& PutUsersScript() {
  static const redis::Script script = OwnerScript(lua::kPutUsers);
  return script;
}

// When it was put, 8 bytes big endian, before the message.
std::string Stamp(int64_t now_ms) {
  std::string stamp;
  for (int shift = 56; shift >= 0; shift -= 8) stamp += static_cast<char>(now_ms >> shift & 0xff);
  return stamp;
}

int64_t StampOf(std::string_view value) {
  uint64_t stamp = 0;
  for (const char c : value.substr(0, kStampBytes)) stamp = stamp << 8 | static_cast<uint8_t>(c);
  return static_cast<int64_t>(stamp);
}

}  // namespace

base::Task<absl::StatusOr<std::map<std::string, jira::v1::User>>> OwnerStore::Users(
    std::vector<std::string> account_ids) {
  co_return co_await ReadUsers(redis_, connection_id_, std::move(account_ids), NowMs());
}

base::Task<absl::StatusOr<std::map<std::string, jira::v1::User>>> ReadUsers(redis::Client& redis,
                                                                            std::string connection_id,
                                                                            std::vector<std::string> account_ids,
                                                                            int64_t now_ms) {
  std::map<std::string, jira::v1::User> users;
  if (account_ids.empty()) co_return users;
  redis::Args read = {"HMGET", Keys(connection_id).Users()};
  read.insert(read.end(), account_ids.begin(), account_ids.end());
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply, co_await redis.Execute(std::move(read)));
  const redis::Reply::Array& values = reply.Elements();
  for (std::size_t i = 0; i < values.size() && i < account_ids.size(); ++i) {
    const std::string& value = values[i].String();
    if (value.size() < kStampBytes || StampOf(value) < now_ms - kUserAgeMs) continue;
    jira::v1::User user;
    if (user.ParseFromString(value.substr(kStampBytes))) users.emplace(account_ids[i], std::move(user));
  }
  co_return users;
}

base::Task<absl::Status> OwnerStore::PutUsers(std::vector<jira::v1::User> users) {
  // Far below what Lua can unpack at once.
  constexpr std::size_t kChunk = 700;
  const std::string stamp = Stamp(NowMs());
  for (std::size_t first = 0; first < users.size(); first += kChunk) {
    redis::Args args;
    for (std::size_t i = first; i < users.size() && i < first + kChunk; ++i) {
      args.push_back(users[i].account_id());
      args.push_back(stamp + users[i].SerializeAsString());
      std::string tombstones = tombstones_.OfAccount(users[i].account_id());
      if (!users[i].email().empty()) tombstones += tombstones_.Of(ContactId::OfEmail(users[i].email()));
      args.push_back(std::move(tombstones));
      args.push_back(users[i].email().empty() ? "0" : "1");
    }
    const absl::StatusOr<redis::Reply> reply = co_await Run(PutUsersScript(), std::move(args));
    if (!reply.ok()) co_return reply.status();
  }
  co_return absl::OkStatus();
}

}  // namespace tajo::store
