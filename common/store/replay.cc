#include "common/store/replay.h"

#include <utility>

#include "common/base/error.h"
#include "common/store/event_intake.h"
#include "common/store/keys.h"
#include "common/store/ledger_key.h"
#include "common/store/letter_people.h"
#include "common/store/lua_scripts.h"
#include "common/store/plan_writer.h"
#include "tajo/jira/v1/error.pb.h"
#include "tajo/jira/v1/event.pb.h"

namespace tajo::store {
namespace {

const redis::Script& ReplayScript() {
  static const redis::Script script(lua::kReplayDead);
  return script;
}

// The letters that the script judges, in the order replay_dead.lua knows.
class Plan {
 public:
  Plan(const Tombstones& tombstones, const ReplayOptions& options) : tombstones_(tombstones), options_(options) {}

  // kReplayed: it is in the plan.
  ReplayOutcome Add(const DeadLetter& letter) {
    const LetterPeople people = PeopleIn(letter.record);
    if (!people.readable) return ReplayOutcome::kUnreadable;
    marks_ = MarksOf(people, tombstones_);
    const std::string& kind = letter.record.kind();
    if (kind == "timeline") return AddTimeline(letter);
    if (kind == "contact") return AddContact(letter, people);
    return kind == "event" ? AddEvent(letter) : ReplayOutcome::kUnreadable;
  }

  std::string Take() {
    PlanWriter head;
    head.Array(size_);
    return head.Take() + letters_.Take();
  }

 private:
  PlanWriter& Begin(const DeadLetter& letter, std::size_t more) {
    ++size_;
    return letters_.Array(3 + more).Bytes(letter.entry_id).Bytes(letter.record.kind()).Bytes(marks_);
  }

  ReplayOutcome AddEvent(const DeadLetter& letter) {
    jira::v1::Event event;
    event.ParseFromString(letter.record.payload());
    // What an unreadable entry became: there is nothing in it to decide on.
    if (event.body_case() == jira::v1::Event::BODY_NOT_SET) return ReplayOutcome::kUnreadable;
    Begin(letter, 1).Bytes(letter.record.payload());
    return ReplayOutcome::kReplayed;
  }

  ReplayOutcome AddContact(const DeadLetter& letter, const LetterPeople& people) {
    if (people.contacts.empty()) return ReplayOutcome::kUnreadable;
    Begin(letter, 1).Bytes(people.contacts.front().Bytes());
    return ReplayOutcome::kReplayed;
  }

  ReplayOutcome AddTimeline(const DeadLetter& letter) {
    jira::v1::OutboxEvent event;
    event.ParseFromString(letter.record.payload());
    if (event.uid().empty()) return ReplayOutcome::kUnreadable;
    const int64_t at = event.event_ms();
    if (at < options_.now_ms - options_.ledger_days * kDayMs) return ReplayOutcome::kTooOld;
    std::string uid = event.uid().substr(0, kLedgerUidBytes);
    uid.resize(kLedgerUidBytes, '\0');
    const std::string day = LedgerDay(at);
    Begin(letter, 8)
        .Bytes(letter.record.payload())
        .Bytes(uid)
        .Bytes(event.contact())
        .Bytes(LedgerKey(day, uid))
        .Bytes(LedgerKey(LedgerDay(at - kDayMs), uid))
        .Bytes(LedgerKey(LedgerDay(at + kDayMs), uid))
        .Bytes(std::to_string(LedgerLifeSeconds(at, options_.now_ms, options_.ledger_days)))
        .Bytes(day);
    return ReplayOutcome::kReplayed;
  }

  const Tombstones& tombstones_;
  const ReplayOptions& options_;
  PlanWriter letters_;
  std::size_t size_ = 0;
  std::string marks_;  // of the letter at hand
};

ReplayOutcome OutcomeOf(const std::string& word) {
  switch (word.empty() ? 'g' : word.front()) {
    case 'r':
      return ReplayOutcome::kReplayed;
    case 'd':
      return ReplayOutcome::kDone;
    case 'e':
      return ReplayOutcome::kErased;
    case 'f':
      return ReplayOutcome::kFull;
    default:
      return ReplayOutcome::kGone;
  }
}

}  // namespace

base::Task<absl::StatusOr<ReplayResult>> ReplayDeadLetters(redis::Client& redis, std::string connection_id,
                                                           Tombstones tombstones, std::vector<DeadLetter> letters,
                                                           ReplayOptions options) {
  const Keys keys(connection_id);
  ReplayResult result;
  if (options.ledger_days <= 0) options.ledger_days = 30;
  Plan plan(tombstones, options);
  std::vector<std::size_t> judged;  // places of those that the script decides on
  for (const DeadLetter& letter : letters) {
    result.outcomes.push_back(plan.Add(letter));
    if (result.outcomes.back() == ReplayOutcome::kReplayed) judged.push_back(result.outcomes.size() - 1);
  }
  if (judged.empty()) co_return result;
  const int64_t high_water = options.high_water > 0 ? options.high_water : kDefaultHighWater;
  redis::Args script_keys = {keys.Dead()};
  redis::Args args = {keys.Prefix(), std::to_string(options.now_ms), std::to_string(high_water),
                      options.dry_run ? "1" : "0", plan.Take()};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply,
                           co_await redis.Run(ReplayScript(), std::move(script_keys), std::move(args)));
  const redis::Reply::Array& answer = reply.Elements();
  if (answer.size() != judged.size() + 1) {
    co_return base::Error(jira::v1::INTERNAL, "the replay script gave no answer");
  }
  const std::string& lease = answer[0].String();
  result.owner_worker = lease.substr(0, lease.rfind('/'));
  for (std::size_t i = 0; i < judged.size(); ++i) result.outcomes[judged[i]] = OutcomeOf(answer[i + 1].String());
  co_return result;
}

}  // namespace tajo::store
