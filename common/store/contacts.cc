#include <algorithm>
#include <utility>

#include "common/store/letter.h"
#include "common/store/lua_scripts.h"
#include "common/store/owner_store.h"
#include "common/store/plan_writer.h"
#include "common/store/reply_read.h"
#include "common/store/scripts.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::store {
namespace {

const redis::Script& TakeDirtyScript() {
  static const redis::Script script = OwnerScript(lua::kTakeDirty);
  return script;
}
const redis::Script& PutBackScript() {
  static const redis::Script script = OwnerScript(lua::kPutBackContacts);
  return script;
}
const redis::Script& SettleScript() {
  static const redis::Script script = OwnerScript(lua::kSettleContacts);
  return script;
}
const redis::Script& AbandonScript() {
  static const redis::Script script = OwnerScript(lua::kAbandonContact);
  return script;
}
const redis::Script& ReclaimScript() {
  static const redis::Script script = OwnerScript(lua::kReclaimContacts);
  return script;
}

// The hash's fields: d desired, s last ticket, v version, w hash of what was written, k known in
// Brevo, t when it was last written, f write it whatever the hash says, L<list> how many of the contact's
// tickets are in it. u is the script's own word: the person unsubscribed.
ContactToWrite ContactOf(const ContactId& contact, const redis::Reply& reply) {
  ContactToWrite out;
  out.contact = contact;
  const std::map<std::string, std::string> fields = FieldsOf(reply);
  const bool unsubscribed = fields.contains("u");
  out.desired.ParseFromString(TextOf(fields, "d"));
  for (const auto& [name, value] : fields) {
    if (name == "v") {
      out.version = ToNumber(value);
    } else if (name == "w") {
      out.written_hash = value;
    } else if (name == "k") {
      out.known = true;
    } else if (name == "f") {
      out.forget_written = true;
    } else if (name.size() > 1 && name[0] == 'L') {
      const int64_t list = ToNumber(std::string_view(name).substr(1));
      if (ToNumber(value) > 0) {
        if (!unsubscribed) out.desired.add_list_ids(list);
      } else {
        out.unlink_list_ids.push_back(list);
      }
    }
  }
  std::sort(out.desired.mutable_list_ids()->begin(), out.desired.mutable_list_ids()->end());
  std::sort(out.unlink_list_ids.begin(), out.unlink_list_ids.end());
  return out;
}

}  // namespace

base::Task<absl::StatusOr<std::vector<ContactToWrite>>> OwnerStore::TakeDirty(int count, Lane lane) {
  const std::string border = std::to_string(kBackfillOffset);
  redis::Args args = {std::to_string(std::max(count, 1)), lane == Lane::kLive ? "-inf" : border,
                      lane == Lane::kLive ? "(" + border : "+inf"};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply, co_await Run(TakeDirtyScript(), std::move(args)));
  std::vector<ContactToWrite> contacts;
  const redis::Reply::Array& elements = reply.Elements();
  for (std::size_t i = 0; i + 1 < elements.size(); i += 2) {
    const std::optional<ContactId> contact = ContactId::FromBytes(elements[i].String());
    if (contact) contacts.push_back(ContactOf(*contact, elements[i + 1]));
  }
  co_return contacts;
}

base::Task<absl::Status> OwnerStore::PutBack(std::vector<ContactId> contacts) {
  if (contacts.empty()) co_return absl::OkStatus();
  redis::Args args;
  for (const ContactId& contact : contacts) args.push_back(contact.Bytes());
  const absl::StatusOr<redis::Reply> reply = co_await Run(PutBackScript(), std::move(args));
  co_return reply.status();
}

base::Task<absl::Status> OwnerStore::Settle(std::vector<Settled> settled) {
  if (settled.empty()) co_return absl::OkStatus();
  PlanWriter plan;
  plan.Array(settled.size());
  for (const Settled& contact : settled) {
    plan.Array(5)
        .Bytes(contact.contact.Bytes())
        .Bytes(contact.contact.Hex())
        .Bytes(std::to_string(contact.version))
        .Bytes(contact.written_hash)
        .Integer(contact.written ? 1 : 0);
  }
  redis::Args args = {plan.Take(), std::to_string(NowMs())};
  const absl::StatusOr<redis::Reply> reply = co_await Run(SettleScript(), std::move(args));
  co_return reply.status();
}

base::Task<absl::Status> OwnerStore::Abandon(ContactId contact, int64_t version, jira::v1::DeadLetterRecord letter) {
  redis::Args args = {contact.Bytes(), contact.Hex(), std::to_string(version)};
  AppendLetter(letter, args);
  const absl::StatusOr<redis::Reply> reply = co_await Run(AbandonScript(), std::move(args));
  co_return reply.status();
}

base::Task<absl::StatusOr<int64_t>> OwnerStore::ReclaimInFlight() {
  redis::Args args = {std::to_string(NowMs())};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply, co_await Run(ReclaimScript(), std::move(args)));
  co_return reply.Integer();
}

base::Task<absl::StatusOr<int64_t>> OwnerStore::LastTicketOf(ContactId contact) {
  redis::Args read = {"HGET", keys_.Contact(contact), "s"};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply, co_await redis_.Execute(std::move(read)));
  co_return reply.IsNil() ? 0 : ToNumber(reply.String());
}

base::Task<absl::StatusOr<std::optional<jira::v1::DesiredContact>>> OwnerStore::Desired(ContactId contact) {
  redis::Args read = {"HGET", keys_.Contact(contact), "d"};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply, co_await redis_.Execute(std::move(read)));
  if (reply.IsNil()) co_return std::optional<jira::v1::DesiredContact>();
  jira::v1::DesiredContact desired;
  if (!desired.ParseFromString(reply.String())) {
    co_return base::Error(jira::v1::INTERNAL, "a contact's stored state can't be read; a full sync writes it anew");
  }
  co_return std::optional<jira::v1::DesiredContact>(std::move(desired));
}

}  // namespace tajo::store
