#include "common/store/erasure.h"

#include <utility>
#include <vector>

#include "common/base/error.h"
#include "common/store/keys.h"
#include "common/store/lua_scripts.h"
#include "common/store/overview.h"
#include "tajo/jira/v1/event.pb.h"
#include "tajo/jira/v1/record.pb.h"

namespace tajo::store {
namespace {

constexpr int kPage = 500;
constexpr std::size_t kStampBytes = 8;  // before a user's message, see users.cc

const redis::Script& EraseScript() {
  static const redis::Script script(lua::kEraseContact);
  return script;
}
const redis::Script& OutboxScript() {
  static const redis::Script script(lua::kEraseOutbox);
  return script;
}

bool Is(const std::string& email, const ContactId& contact) {
  return !email.empty() && ContactId::OfEmail(email) == contact;
}

bool Names(const jira::v1::Issue& issue, const ContactId& contact) {
  return Is(issue.reporter().email(), contact) || Is(issue.assignee().email(), contact) ||
         Is(issue.creator().email(), contact);
}

bool Names(const jira::v1::Event& event, const ContactId& contact) {
  return Names(event.issue().issue(), contact) || Names(event.comment().issue(), contact) ||
         Is(event.comment().comment().author().email(), contact) ||
         Is(event.worklog().worklog().author().email(), contact) || Is(event.user().user().email(), contact);
}

// Whether the letter holds anything of the person. One that can't be read is taken for theirs.
bool Concerns(const jira::v1::DeadLetterRecord& letter, const ContactId& contact) {
  if (letter.kind() == "timeline") {
    jira::v1::OutboxEvent event;
    return !event.ParseFromString(letter.payload()) || event.contact() == contact.Bytes();
  }
  if (letter.kind() == "contact") {
    jira::v1::DesiredContact desired;
    return !desired.ParseFromString(letter.payload()) || Is(desired.email(), contact);
  }
  jira::v1::Event event;
  return !event.ParseFromString(letter.payload()) || Names(event, contact);
}

base::Task<absl::StatusOr<bool>> EraseOutbox(redis::Client& redis, Keys keys, ContactId contact) {
  bool found = false;
  std::string from = "-";
  while (true) {
    redis::Args script_keys = {keys.Outbox()};
    redis::Args args = {keys.Prefix(), contact.Bytes(), from};
    TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply page,
                             co_await redis.Run(OutboxScript(), std::move(script_keys), std::move(args)));
    if (page.Elements().size() != 2 || page.Elements()[0].String().empty()) co_return found;
    found = found || page.Elements()[1].Integer() > 0;
    from = "(" + page.Elements()[0].String();
  }
}

base::Task<absl::StatusOr<bool>> EraseDeadLetters(redis::Client& redis, std::string connection_id, ContactId contact) {
  bool found = false;
  std::string after;
  while (true) {
    TAJO_CO_ASSIGN_OR_RETURN(const std::vector<DeadLetter> letters,
                             co_await ReadDeadLetters(redis, connection_id, kPage, after));
    if (letters.empty()) co_return found;
    after = letters.back().entry_id;
    redis::Args remove = {"XDEL", Keys(connection_id).Dead()};
    for (const DeadLetter& letter : letters) {
      if (Concerns(letter.record, contact)) remove.push_back(letter.entry_id);
    }
    if (remove.size() == 2) continue;
    found = true;
    TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply removed, co_await redis.Execute(std::move(remove)));
  }
}

base::Task<absl::StatusOr<bool>> EraseUsers(redis::Client& redis, std::string key, ContactId contact) {
  bool found = false;
  std::string cursor = "0";
  do {
    redis::Args scan = {"HSCAN", key, cursor, "COUNT", std::to_string(kPage)};
    TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply page, co_await redis.Execute(std::move(scan)));
    if (page.Elements().size() != 2) co_return found;
    cursor = page.Elements()[0].String();
    const redis::Reply::Array& users = page.Elements()[1].Elements();
    redis::Args remove = {"HDEL", key};
    for (std::size_t i = 0; i + 1 < users.size(); i += 2) {
      jira::v1::User user;
      const std::string& value = users[i + 1].String();
      if (value.size() >= kStampBytes && user.ParseFromString(value.substr(kStampBytes)) && Is(user.email(), contact)) {
        remove.push_back(users[i].String());
      }
    }
    if (remove.size() == 2) continue;
    found = true;
    TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply removed, co_await redis.Execute(std::move(remove)));
  } while (cursor != "0");
  co_return found;
}

}  // namespace

base::Task<absl::StatusOr<bool>> Erase(redis::Client& redis, std::string connection_id, ContactId contact) {
  const Keys keys(connection_id);
  redis::Args script_keys = {keys.Of("erased")};
  redis::Args args = {keys.Prefix(), contact.Bytes(), contact.Hex()};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply erased,
                           co_await redis.Run(EraseScript(), std::move(script_keys), std::move(args)));
  TAJO_CO_ASSIGN_OR_RETURN(const bool pending, co_await EraseOutbox(redis, keys, contact));
  TAJO_CO_ASSIGN_OR_RETURN(const bool dead, co_await EraseDeadLetters(redis, connection_id, contact));
  TAJO_CO_ASSIGN_OR_RETURN(const bool known, co_await EraseUsers(redis, keys.Users(), contact));
  co_return erased.Integer() != 0 || pending || dead || known;
}

}  // namespace tajo::store
