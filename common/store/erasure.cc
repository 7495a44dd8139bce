#include "common/store/erasure.h"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "common/base/error.h"
#include "common/store/capacity.h"
#include "common/store/desired_codec.h"
#include "common/store/keys.h"
#include "common/store/letter_people.h"
#include "common/store/lua_scripts.h"
#include "common/store/overview.h"
#include "common/store/parked.h"
#include "common/store/peek.h"
#include "common/store/pipeline.h"
#include "common/store/reply_read.h"
#include "common/store/scripts.h"
#include "tajo/jira/v1/error.pb.h"
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
const redis::Script& ReplaceScript() {
  static const redis::Script script(lua::kReplaceEntry);
  return script;
}
const redis::Script& ScanContactsScript() {
  static const redis::Script script = DesiredScript(lua::kScanContacts);
  return script;
}

// Whose data goes, and which of them were met.
class Wanted {
 public:
  void Add(const ContactId& contact, const std::string& account_id) {
    contacts_.emplace(contact, false);
    if (!account_id.empty()) accounts_[account_id] = contact;
  }
  bool Met(const ContactId& contact) {
    const auto found = contacts_.find(contact);
    if (found == contacts_.end()) return false;
    found->second = true;
    return true;
  }
  bool MetEmail(const std::string& email) { return !email.empty() && Met(ContactId::OfEmail(email)); }
  bool MetAccount(const std::string& account_id) {
    const auto found = accounts_.find(account_id);
    return found != accounts_.end() && Met(found->second);
  }
  bool WasMet(const ContactId& contact) const { return contacts_.at(contact); }
  const std::map<ContactId, bool>& Contacts() const { return contacts_; }

 private:
  std::map<ContactId, bool> contacts_;
  std::map<std::string, ContactId> accounts_;
};

bool MetUser(const jira::v1::User& user, Wanted& wanted) {
  const bool by_email = wanted.MetEmail(user.email());
  return wanted.MetAccount(user.account_id()) || by_email;
}

// Whether anything of them is held. What can't be read is taken for theirs.
bool MetPeople(const LetterPeople& people, Wanted& wanted) {
  bool met = !people.readable;
  for (const ContactId& contact : people.contacts) met |= wanted.Met(contact);
  for (const std::string& account : people.account_ids) met |= wanted.MetAccount(account);
  return met;
}

base::Task<absl::Status> EraseOutbox(redis::Client& redis, Keys keys, Wanted& wanted, std::set<ContactId>& gone) {
  std::string from = "-";
  while (true) {
    redis::Args script_keys = {keys.Outbox()};
    redis::Args args = {keys.Prefix(), from};
    for (const auto& [contact, met] : wanted.Contacts()) args.push_back(contact.Bytes());
    TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply page,
                             co_await redis.Run(OutboxScript(), std::move(script_keys), std::move(args)));
    const redis::Reply::Array& parts = page.Elements();
    if (parts.empty() || parts[0].String().empty()) co_return absl::OkStatus();
    for (std::size_t i = 1; i < parts.size(); ++i) {
      const auto contact = ContactId::FromBytes(parts[i].String());
      if (contact && wanted.Met(*contact)) gone.insert(*contact);
    }
    from = "(" + parts[0].String();
  }
}

base::Task<absl::Status> EraseDeadLetters(redis::Client& redis, std::string connection_id, Wanted& wanted) {
  std::string after;
  while (true) {
    TAJO_CO_ASSIGN_OR_RETURN(const std::vector<DeadLetter> letters,
                             co_await ReadDeadLetters(redis, connection_id, kPage, after));
    if (letters.empty()) co_return absl::OkStatus();
    after = letters.back().entry_id;
    redis::Args remove = {"XDEL", Keys(connection_id).Dead()};
    for (const DeadLetter& letter : letters) {
      if (MetPeople(PeopleIn(letter.record), wanted)) remove.push_back(letter.entry_id);
    }
    if (remove.size() == 2) continue;
    TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply removed, co_await redis.Execute(std::move(remove)));
  }
}

// What is left of an entry without its people: which ticket to look at. Nothing where it told of no ticket.
std::optional<jira::v1::Event> WithoutPeople(const jira::v1::Event& event) {
  jira::v1::Event bare = event;
  bare.clear_actor_account_id();
  jira::v1::IssueHint hint;
  switch (event.body_case()) {
    case jira::v1::Event::kIssue:
      if (event.issue().kind() == jira::v1::DELETED) {
        jira::v1::Issue deleted;
        deleted.set_id(event.issue().issue().id());
        deleted.set_key(event.issue().issue().key());
        deleted.set_partial(true);
        *bare.mutable_issue()->mutable_issue() = std::move(deleted);
        return bare;
      }
      hint.set_issue_id(event.issue().issue().id());
      break;
    case jira::v1::Event::kComment:
      hint.set_issue_id(event.comment().issue().id());
      break;
    case jira::v1::Event::kWorklog:
      hint.set_issue_id(event.worklog().worklog().issue_id());
      break;
    default:
      break;
  }
  if (hint.issue_id() == 0) return std::nullopt;
  *bare.mutable_hint() = std::move(hint);
  return bare;
}

// Changes that wait to be decided, while Jira is away say.
base::Task<absl::Status> EraseEvents(redis::Client& redis, std::string connection_id, Wanted& wanted) {
  const std::string stream = Keys(connection_id).Events();
  std::string after;
  while (true) {
    TAJO_CO_ASSIGN_OR_RETURN(const auto entries, co_await PeekEvents(redis, connection_id, kPage, after));
    if (entries.empty()) co_return absl::OkStatus();
    after = entries.back().first;
    for (const auto& [id, event] : entries) {
      if (!MetPeople(PeopleIn(event), wanted)) continue;
      redis::Args script_keys = {stream};
      redis::Args args = {id};
      if (const auto bare = WithoutPeople(event)) args.push_back(bare->SerializeAsString());
      TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply replaced,
                               co_await redis.Run(ReplaceScript(), std::move(script_keys), std::move(args)));
    }
  }
}

// `take` is called with each user that is held.
base::Task<absl::Status> ScanUsers(redis::Client& redis, std::string key,
                                   std::function<void(const std::string&, const jira::v1::User&)> take) {
  std::string cursor = "0";
  do {
    redis::Args scan = {"HSCAN", key, cursor, "COUNT", std::to_string(kPage)};
    TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply page, co_await redis.Execute(std::move(scan)));
    if (page.Elements().size() != 2) co_return absl::OkStatus();
    cursor = page.Elements()[0].String();
    const redis::Reply::Array& users = page.Elements()[1].Elements();
    for (std::size_t i = 0; i + 1 < users.size(); i += 2) {
      jira::v1::User user;
      const std::string& value = users[i + 1].String();
      if (value.size() >= kStampBytes && user.ParseFromString(value.substr(kStampBytes))) take(users[i].String(), user);
    }
  } while (cursor != "0");
  co_return absl::OkStatus();
}

// `take` is called with each account that is linked to a contact in Brevo, and the contact's e-mail.
base::Task<absl::Status> ScanLinks(redis::Client& redis, std::string key,
                                   std::function<void(const std::string&, const std::string&)> take) {
  std::string cursor = "0";
  do {
    redis::Args scan = {"HSCAN", key, cursor, "COUNT", std::to_string(kPage)};
    TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply page, co_await redis.Execute(std::move(scan)));
    if (page.Elements().size() != 2) co_return absl::OkStatus();
    cursor = page.Elements()[0].String();
    const redis::Reply::Array& links = page.Elements()[1].Elements();
    for (std::size_t i = 0; i + 1 < links.size(); i += 2) {
      take(links[i].String(), ReadLink(links[i + 1].String()).email);
    }
  } while (cursor != "0");
  co_return absl::OkStatus();
}

base::Task<absl::Status> ScanContacts(redis::Client& redis, std::string connection_id,
                                      std::function<void(const Person&)> take) {
  const Keys keys(connection_id);
  std::string cursor = "0";
  do {
    redis::Args script_keys = {keys.Connection()};
    redis::Args args = {keys.Of("contact:*"), cursor, "1000"};
    TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply page,
                             co_await redis.Run(ScanContactsScript(), std::move(script_keys), std::move(args)));
    const redis::Reply::Array& parts = page.Elements();
    if (parts.empty()) co_return absl::OkStatus();
    cursor = parts[0].String();
    for (std::size_t i = 1; i < parts.size(); ++i) {
      if (const std::optional<Person> person = UnpackPerson(parts[i].String())) take(*person);
    }
  } while (cursor != "0");
  co_return absl::OkStatus();
}

// What is known of the accounts behind these e-mails: contact -> account ids.
base::Task<absl::StatusOr<std::map<ContactId, std::set<std::string>>>> AccountsOf(redis::Client& redis, Keys keys,
                                                                                  std::vector<ErasureOrder> orders) {
  std::map<ContactId, std::set<std::string>> accounts;
  for (const ErasureOrder& order : orders) {
    std::set<std::string>& own = accounts[order.contact];
    if (!order.account_id.empty()) own.insert(order.account_id);
    redis::Args read = {"HGETALL", keys.Contact(order.contact)};
    TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply state, co_await redis.Execute(std::move(read)));
    const std::optional<Person> person = UnpackPerson(PackedState(FieldsOf(state)));
    if (person && !person->account_id.empty()) own.insert(person->account_id);
  }
  std::function<void(const std::string&, const jira::v1::User&)> take = [&accounts](const std::string& id,
                                                                                    const jira::v1::User& user) {
    if (user.email().empty()) return;
    const auto found = accounts.find(ContactId::OfEmail(user.email()));
    if (found != accounts.end()) found->second.insert(id);
  };
  std::string users = keys.Users();
  TAJO_CO_RETURN_IF_ERROR(co_await ScanUsers(redis, std::move(users), std::move(take)));
  std::function<void(const std::string&, const std::string&)> linked = [&accounts](const std::string& id,
                                                                                   const std::string& email) {
    const auto found = accounts.find(ContactId::OfEmail(email));
    if (found != accounts.end()) found->second.insert(id);
  };
  std::string links = keys.Linked();
  TAJO_CO_RETURN_IF_ERROR(co_await ScanLinks(redis, std::move(links), std::move(linked)));
  co_return accounts;
}

base::Task<absl::StatusOr<Erased>> EraseOne(redis::Client& redis, Keys keys, Tombstones tombstones, ErasureOrder order,
                                            std::set<std::string> accounts, int64_t now_ms) {
  redis::Args script_keys = {keys.Erased()};
  redis::Args args = {keys.Prefix(), order.contact.Bytes(), tombstones.Of(order.contact), std::to_string(now_ms),
                      std::to_string(order.undo_since_ms)};
  for (const std::string& account : accounts) args.push_back(tombstones.OfAccount(account));
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply,
                           co_await redis.Run(EraseScript(), std::move(script_keys), std::move(args)));
  if (reply.Elements().size() != 3) co_return base::Error(jira::v1::INTERNAL, "the erasing script gave no answer");
  // Behind the tombstones: nobody puts them back.
  if (!accounts.empty()) {
    redis::Args remove = {"HDEL", keys.Of("assignees")};
    for (const std::string& account : accounts) remove.push_back(AssigneeField(account));
    TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply removed, co_await redis.Execute(std::move(remove)));
  }
  Erased erased;
  erased.found = reply.Elements()[0].Integer() != 0;
  erased.in_flight = reply.Elements()[1].Integer() != 0;
  erased.delete_in_brevo = reply.Elements()[2].Integer() != 0;
  co_return erased;
}

}  // namespace

base::Task<absl::StatusOr<std::vector<Erased>>> Erase(redis::Client& redis, std::string connection_id,
                                                      Tombstones tombstones, std::vector<ErasureOrder> orders,
                                                      int64_t now_ms) {
  const Keys keys(connection_id);
  std::vector<Erased> results;
  if (orders.empty()) co_return results;
  TAJO_CO_ASSIGN_OR_RETURN(const auto accounts, co_await AccountsOf(redis, keys, orders));
  Wanted wanted;
  for (const ErasureOrder& order : orders) {
    const std::set<std::string>& own = accounts.at(order.contact);
    wanted.Add(order.contact, "");
    for (const std::string& account : own) wanted.Add(order.contact, account);
    TAJO_CO_ASSIGN_OR_RETURN(Erased erased, co_await EraseOne(redis, keys, tombstones, order, own, now_ms));
    results.push_back(erased);
    TAJO_CO_RETURN_IF_ERROR(co_await ForgetAccounts(redis, connection_id, own));
  }
  std::set<ContactId> with_events;
  TAJO_CO_RETURN_IF_ERROR(co_await EraseOutbox(redis, keys, wanted, with_events));
  TAJO_CO_RETURN_IF_ERROR(co_await EraseDeadLetters(redis, connection_id, wanted));
  TAJO_CO_RETURN_IF_ERROR(co_await EraseEvents(redis, connection_id, wanted));
  redis::Args remove = {"HDEL", keys.Users()};
  std::function<void(const std::string&, const jira::v1::User&)> take = [&](const std::string& id,
                                                                            const jira::v1::User& user) {
    if (MetUser(user, wanted)) remove.push_back(id);
  };
  std::string users = keys.Users();
  TAJO_CO_RETURN_IF_ERROR(co_await ScanUsers(redis, std::move(users), std::move(take)));
  if (remove.size() > 2) {
    TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply removed, co_await redis.Execute(std::move(remove)));
  }
  for (std::size_t i = 0; i < orders.size(); ++i) {
    results[i].found = results[i].found || wanted.WasMet(orders[i].contact);
    results[i].has_events = with_events.contains(orders[i].contact);
  }
  co_return results;
}

base::Task<absl::StatusOr<bool>> IsErased(redis::Client& redis, std::string connection_id, Tombstones tombstones,
                                          ContactId contact, std::string account_id) {
  redis::Args ask = {"SMISMEMBER", Keys(connection_id).Erased(), tombstones.Of(contact)};
  if (!account_id.empty()) ask.push_back(tombstones.OfAccount(account_id));
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply, co_await redis.Execute(std::move(ask)));
  const redis::Reply::Array& answers = reply.Elements();
  co_return std::any_of(answers.begin(), answers.end(), [](const redis::Reply& one) { return one.Integer() != 0; });
}

base::Task<absl::StatusOr<std::set<std::string>>> EmailsOfAccounts(redis::Client& redis, std::string connection_id,
                                                                   std::set<std::string> account_ids) {
  std::set<std::string> emails;
  std::function<void(const Person&)> contact = [&](const Person& person) {
    if (account_ids.contains(person.account_id) && !person.email.empty()) emails.insert(person.email);
  };
  TAJO_CO_RETURN_IF_ERROR(co_await ScanContacts(redis, connection_id, std::move(contact)));
  std::function<void(const std::string&, const jira::v1::User&)> user = [&](const std::string& id,
                                                                            const jira::v1::User& known) {
    if (account_ids.contains(id) && !known.email().empty()) emails.insert(known.email());
  };
  std::string users = Keys(connection_id).Users();
  TAJO_CO_RETURN_IF_ERROR(co_await ScanUsers(redis, std::move(users), std::move(user)));
  std::function<void(const std::string&, const std::string&)> linked = [&](const std::string& id,
                                                                           const std::string& email) {
    if (account_ids.contains(id) && !email.empty()) emails.insert(email);
  };
  std::string links = Keys(connection_id).Linked();
  TAJO_CO_RETURN_IF_ERROR(co_await ScanLinks(redis, std::move(links), std::move(linked)));
  co_return emails;
}

base::Task<absl::Status> ForgetAccounts(redis::Client& redis, std::string connection_id,
                                        std::set<std::string> account_ids) {
  const Keys keys(connection_id);
  std::vector<redis::Args> commands;
  for (const std::string& account : account_ids) {
    commands.push_back({"HDEL", keys.Linked(), account});
    commands.push_back({"ZREM", keys.Parked(), account});
    commands.push_back({"UNLINK", keys.Parked(account)});
  }
  const auto done = co_await ExecuteAll(redis, std::move(commands));
  co_return done.status();
}

base::Task<absl::StatusOr<std::set<std::string>>> AccountsHeld(redis::Client& redis, std::string connection_id) {
  std::set<std::string> accounts;
  std::function<void(const Person&)> contact = [&](const Person& person) {
    if (!person.account_id.empty()) accounts.insert(person.account_id);
  };
  TAJO_CO_RETURN_IF_ERROR(co_await ScanContacts(redis, connection_id, std::move(contact)));
  std::function<void(const std::string&, const jira::v1::User&)> user = [&](const std::string& id,
                                                                            const jira::v1::User& known) {
    // An account that Jira doesn't show is remembered as nobody.
    if (!known.email().empty() || !known.display_name().empty()) accounts.insert(id);
  };
  std::string users = Keys(connection_id).Users();
  TAJO_CO_RETURN_IF_ERROR(co_await ScanUsers(redis, std::move(users), std::move(user)));
  redis::Args assignees = {"HVALS", Keys(connection_id).Of("assignees")};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply assigned, co_await redis.Execute(std::move(assignees)));
  for (const redis::Reply& account : assigned.Elements()) accounts.insert(account.String());
  std::function<void(const std::string&, const std::string&)> linked = [&](const std::string& id, const std::string&) {
    accounts.insert(id);
  };
  std::string links = Keys(connection_id).Linked();
  TAJO_CO_RETURN_IF_ERROR(co_await ScanLinks(redis, std::move(links), std::move(linked)));
  redis::Args read = {"ZRANGE", Keys(connection_id).Parked(), "0", "-1"};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply parked, co_await redis.Execute(std::move(read)));
  for (const redis::Reply& account : parked.Elements()) accounts.insert(account.String());
  accounts.erase("unknown");
  co_return accounts;
}

}  // namespace tajo::store
