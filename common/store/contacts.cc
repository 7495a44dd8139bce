#include <algorithm>
#include <iterator>
#include <span>
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

// Contacts of one script: it should not hold Redis up for others.
constexpr std::size_t kAtOnce = 100;
// Among so many, those that Brevo doesn't know go first.
constexpr int kChosenFrom = 1000;

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

const redis::Script& NumberAttributesScript() {
  static const redis::Script script = OwnerScript(lua::kNumberAttributes);
  return script;
}
const redis::Script& ContactStatesScript() {
  static const redis::Script script(lua::kContactStates);
  return script;
}
const redis::Script& MendScript() {
  static const redis::Script script = OwnerScript(lua::kMendContacts);
  return script;
}

// "<version> <how often it was mended>"
int MendsOf(std::string_view text, int64_t version) {
  const std::size_t blank = text.find(' ');
  if (blank == std::string_view::npos || ToNumber(text.substr(0, blank)) != version) return 0;
  return static_cast<int>(ToNumber(text.substr(blank + 1)));
}

// The hash's fields: d1, d2, ... the desired state, s last ticket, v version, w hash of what was written,
// t when that was (Brevo knows whoever has it), f write it whatever the hash says, m how often the version
// was mended, x a version that was given up and the reason's number, L<list> how many of the contact's tickets
// are in it. u is the script's own word: the person unsubscribed.
ContactToWrite ContactOf(const ContactId& contact, const redis::Reply& reply, const AttributeNumbers& numbers) {
  ContactToWrite out;
  out.contact = contact;
  const std::map<std::string, std::string> fields = FieldsOf(reply);
  const bool unsubscribed = fields.contains("u");
  if (auto desired = UnpackDesired(PackedState(fields), numbers)) out.desired = *std::move(desired);
  for (const auto& [name, value] : fields) {
    if (name == "v") {
      out.version = ToNumber(value);
    } else if (name == "w") {
      out.written_hash = value;
    } else if (name == "t") {
      out.known = true;
      out.written_ms = ToNumber(value);
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
  out.mends = MendsOf(TextOf(fields, "m"), out.version);
  std::sort(out.desired.mutable_list_ids()->begin(), out.desired.mutable_list_ids()->end());
  std::sort(out.unlink_list_ids.begin(), out.unlink_list_ids.end());
  return out;
}

}  // namespace

base::Task<absl::StatusOr<std::vector<ContactToWrite>>> OwnerStore::TakeDirty(int count, Lane lane, std::string* from) {
  TAJO_CO_RETURN_IF_ERROR(co_await LoadAttributes());
  const std::string border = std::to_string(kBackfillOffset);
  std::string first = lane == Lane::kLive ? "-inf" : border;
  if (from != nullptr && !from->empty()) first = *from;
  redis::Args args = {std::to_string(std::max(count, 1)), std::move(first), lane == Lane::kLive ? "(" + border : "+inf",
                      std::to_string(from == nullptr ? kChosenFrom : std::max(count, 1))};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply, co_await Run(TakeDirtyScript(), std::move(args)));
  std::vector<ContactToWrite> contacts;
  const redis::Reply::Array& elements = reply.Elements();
  for (std::size_t i = 0; i + 1 < elements.size(); i += 2) {
    const std::optional<ContactId> contact = ContactId::FromBytes(elements[i].String());
    if (contact) contacts.push_back(ContactOf(*contact, elements[i + 1], *attributes_));
  }
  if (from != nullptr && !elements.empty()) *from = elements.back().String();
  co_return contacts;
}

base::Task<absl::Status> OwnerStore::PutBack(std::vector<ContactId> contacts, Sent sent) {
  if (contacts.empty()) co_return absl::OkStatus();
  redis::Args args = {sent == Sent::kMaybe ? "1" : "0"};
  for (const ContactId& contact : contacts) args.push_back(contact.Bytes());
  const absl::StatusOr<redis::Reply> reply = co_await Run(PutBackScript(), std::move(args));
  co_return reply.status();
}

base::Task<absl::StatusOr<std::vector<ContactId>>> OwnerStore::InFlight() {
  redis::Args read = {"SMEMBERS", keys_.Of("inflight")};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply, co_await redis_.Execute(std::move(read)));
  std::vector<ContactId> contacts;
  for (const redis::Reply& member : reply.Elements()) {
    if (const auto contact = ContactId::FromBytes(member.String())) contacts.push_back(*contact);
  }
  co_return contacts;
}

base::Task<absl::Status> OwnerStore::Settle(std::vector<Settled> settled) {
  for (std::size_t begin = 0; begin < settled.size(); begin += kAtOnce) {
    const std::size_t count = std::min(kAtOnce, settled.size() - begin);
    PlanWriter plan;
    plan.Array(count);
    for (const Settled& contact : std::span(settled).subspan(begin, count)) {
      plan.Array(4)
          .Bytes(contact.contact.Bytes())
          .Bytes(std::to_string(contact.version))
          .Bytes(contact.written_hash)
          .Integer(contact.written ? 1 : 0);
    }
    redis::Args args = {plan.Take(), std::to_string(NowMs())};
    const absl::StatusOr<redis::Reply> reply = co_await Run(SettleScript(), std::move(args));
    if (!reply.ok()) co_return reply.status();
  }
  co_return absl::OkStatus();
}

base::Task<absl::Status> OwnerStore::Abandon(ContactId contact, int64_t version, jira::v1::DeadLetterRecord letter) {
  redis::Args args = {contact.Bytes(), std::to_string(version)};
  AppendLetter(letter, args);
  const absl::StatusOr<redis::Reply> reply = co_await Run(AbandonScript(), std::move(args));
  co_return reply.status();
}

base::Task<absl::StatusOr<int64_t>> OwnerStore::ReclaimInFlight() {
  int64_t reclaimed = 0;
  for (int64_t part = -1; part != 0; reclaimed += part) {
    redis::Args args = {std::to_string(NowMs()), std::to_string(kAtOnce)};
    TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply, co_await Run(ReclaimScript(), std::move(args)));
    part = reply.Integer();
  }
  co_return reclaimed;
}

base::Task<absl::StatusOr<int64_t>> OwnerStore::LastTicketOf(ContactId contact) {
  redis::Args read = {"HGET", keys_.Contact(contact), "s"};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply, co_await redis_.Execute(std::move(read)));
  co_return reply.IsNil() ? 0 : ToNumber(reply.String());
}

base::Task<absl::StatusOr<std::optional<jira::v1::DesiredContact>>> OwnerStore::Desired(ContactId contact) {
  TAJO_CO_RETURN_IF_ERROR(co_await LoadAttributes());
  redis::Args read = {"HGETALL", keys_.Contact(contact)};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply, co_await redis_.Execute(std::move(read)));
  const std::string packed = PackedState(FieldsOf(reply));
  if (packed.empty()) co_return std::optional<jira::v1::DesiredContact>();
  std::optional<jira::v1::DesiredContact> desired = UnpackDesired(packed, *attributes_);
  if (!desired) {
    co_return base::Error(jira::v1::INTERNAL, "a contact's stored state can't be read; a full sync writes it anew");
  }
  co_return std::move(desired);
}

base::Task<absl::StatusOr<std::vector<std::optional<OwnerStore::KeptContact>>>> OwnerStore::Contacts(
    std::vector<ContactId> ids) {
  std::vector<std::optional<KeptContact>> kept(ids.size());
  TAJO_CO_RETURN_IF_ERROR(co_await LoadAttributes());
  for (std::size_t first = 0; first < ids.size(); first += kAtOnce) {
    redis::Args keys = {keys_.Dirty()};
    redis::Args args = {keys_.Prefix()};
    const std::size_t end = std::min(first + kAtOnce, ids.size());
    for (std::size_t i = first; i < end; ++i) args.push_back(ids[i].Bytes());
    TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply,
                             co_await redis_.Run(ContactStatesScript(), std::move(keys), std::move(args)));
    const redis::Reply::Array& values = reply.Elements();
    for (std::size_t i = 0; 3 * i + 2 < values.size() && first + i < end; ++i) {
      if (values[3 * i].Elements().empty()) continue;
      KeptContact& contact = kept[first + i].emplace();
      contact.state = ContactOf(ids[first + i], values[3 * i], *attributes_);
      contact.busy = values[3 * i + 1].Integer() != 0;
      contact.unsubscribed = values[3 * i + 2].Integer() != 0;
    }
  }
  co_return kept;
}

base::Task<absl::StatusOr<int64_t>> OwnerStore::Mend(std::vector<Difference> differences) {
  if (differences.empty()) co_return int64_t{0};
  PlanWriter plan;
  plan.Array(differences.size());
  for (const Difference& difference : differences) {
    plan.Array(4)
        .Bytes(difference.contact.Bytes())
        .Bytes(std::to_string(difference.version))
        .Integer(difference.mends)
        .Integer(difference.unsubscribed ? 1 : 0);
  }
  redis::Args args = {std::to_string(kBackfillOffset + NowMs()), plan.Take()};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply, co_await Run(MendScript(), std::move(args)));
  co_return reply.Integer();
}

base::Task<absl::Status> OwnerStore::NumberAttributes(std::vector<std::string> names) {
  redis::Args args(std::make_move_iterator(names.begin()), std::make_move_iterator(names.end()));
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply, co_await Run(NumberAttributesScript(), std::move(args)));
  AttributeNumbers& numbers = attributes_.emplace();
  for (const auto& [name, number] : FieldsOf(reply)) numbers.Add(name, static_cast<uint32_t>(ToNumber(number)));
  co_return absl::OkStatus();
}

base::Task<absl::Status> OwnerStore::LoadAttributes() {
  if (attributes_) co_return absl::OkStatus();
  std::vector<std::string> no_new_ones;
  co_return co_await NumberAttributes(std::move(no_new_ones));
}

}  // namespace tajo::store
