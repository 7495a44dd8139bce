#include "common/store/erasure.h"

#include "common/store/overview.h"
#include "common/store/quarantine.h"
#include "tajo/jira/v1/error.pb.h"
#include "tests/integration/store/store_fixture.h"

namespace tajo::store {
namespace {

class ErasureTest : public StoreTest {
 protected:
  OwnerStore owner_ = Owner();

  DeadLetterWrite Letter(const std::string& kind, std::string payload) {
    DeadLetterWrite letter;
    letter.record.set_kind(kind);
    letter.record.set_payload(std::move(payload));
    return letter;
  }
};

TEST_F(ErasureTest, Person_Erased_IsNowhereAndOthersStay) {
  Application application = Of({Ticket(1, kAnna, 1000, 22), Ticket(12'345, kAnna, 2000, 22), Ticket(3, kBert, 1000)});
  application.outbox = {TimelineEvent("u1", kAnna, kNowMs), TimelineEvent("u2", kBert, kNowMs)};
  jira::v1::DesiredContact desired;
  desired.set_email(kAnna);
  jira::v1::Event event;
  event.mutable_issue()->mutable_issue()->mutable_reporter()->set_email("Anna@Example.com");
  application.dead_letters = {Letter("contact", desired.SerializeAsString()),
                              Letter("event", event.SerializeAsString()),
                              Letter("timeline", TimelineEvent("u3", kAnna, kNowMs).SerializeAsString()),
                              Letter("timeline", TimelineEvent("u4", kBert, kNowMs).SerializeAsString())};
  Must(owner_.Apply(application));
  Must(owner_.Settle({{ContactId::OfEmail(kAnna), 1, "h"}}));
  jira::v1::User anna, bert;
  anna.set_account_id("a");
  anna.set_email(kAnna);
  bert.set_account_id("b");
  bert.set_email(kBert);
  Must(owner_.PutUsers({anna, bert}));
  Must(AddQuarantine(*redis_, clock_, "c_1", "sealed", jira::v1::WEBHOOK_UNREADABLE));

  EXPECT_TRUE(Must(Erase(*redis_, "c_1", ContactId::OfEmail(kAnna))));

  const ConnectionOverview overview = Must(ReadOverview(*redis_, "c_1"));
  EXPECT_EQ(overview.issues_tracked, 3);
  EXPECT_EQ(overview.tickets_without_contact, 2);
  EXPECT_EQ(overview.contacts_known, 0);
  EXPECT_EQ(overview.outbox, 1);
  EXPECT_EQ(overview.dead_letters, 1);
  EXPECT_EQ(overview.quarantined, 0);
  EXPECT_EQ(overview.dirty, 1);
  EXPECT_TRUE(Must(owner_.Issues({12'345}))[0]->contact.IsNone());
  EXPECT_EQ(Must(owner_.Users({"a", "b"})).size(), 1u);
  EXPECT_EQ(Number({"EXISTS", keys_.Contact(ContactId::OfEmail(kAnna)), keys_.Tickets(ContactId::OfEmail(kAnna))}), 0);

  Must(owner_.Apply(Of({Ticket(1, kAnna, 3000, 22)})));
  EXPECT_EQ(Number({"EXISTS", keys_.Contact(ContactId::OfEmail(kAnna))}), 0);
  EXPECT_EQ(Must(ReadOverview(*redis_, "c_1")).tickets_without_contact, 2);
}

TEST_F(ErasureTest, Person_Unknown_StaysErasedAllTheSame) {
  EXPECT_FALSE(Must(Erase(*redis_, "c_1", ContactId::OfEmail(kAnna))));
  EXPECT_TRUE(Must(Erase(*redis_, "c_1", ContactId::OfEmail(kAnna))));
  Must(owner_.Apply(Of({Ticket(1, kAnna, 3000)})));
  EXPECT_FALSE(Must(owner_.Desired(ContactId::OfEmail(kAnna))));
}

}  // namespace
}  // namespace tajo::store
