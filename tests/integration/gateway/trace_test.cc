#include <fmt/format.h>

#include <algorithm>

#include "common/net/loop.h"
#include "common/redis/open.h"
#include "common/store/keys.h"
#include "common/store/owner_store.h"
#include "tests/integration/gateway/fixture.h"

namespace tajo::gateway {
namespace {

using Stub = v1::JiraConnector::Stub;
using nlohmann::json;

class TraceTest : public GatewayTest {
 protected:
  TraceTest() : id_(Connected(BasicRequest()).connection().connection_id()) {
    redis::Options options;
    options.url = redis_.Url();
    auto client = redis::Open(client_loop_.Context(), clock_, random_, options);
    if (!client.ok()) throw std::runtime_error(client.status().ToString());
    redis_client_ = *std::move(client);
    Redis({"SET", store::Keys(id_).Lease(), "worker-1/aaaa"});
    owner_ = std::make_unique<store::OwnerStore>(*redis_client_, clock_, id_, store::LeaseToken{"worker-1/aaaa"});
    json order = {{"op", "create"}, {"project", "SUPPORT"}, {"reporter", kCustomer}};
    const json made = json::parse(Http(net::Method::kPost, jira_->Url() + "/_control/change", order.dump()).body);
    key_ = made["issue"];
    issue_id_ = std::stoll(made["id"].get<std::string>());
  }

  template <class T>
  T Run(base::Task<absl::StatusOr<T>> task) {
    auto result = testing::RunTask(client_loop_, std::move(task));
    if (!result.ok()) throw std::runtime_error(result.status().ToString());
    return *std::move(result);
  }
  void Run(base::Task<absl::Status> task) {
    const absl::Status status = testing::RunTask(client_loop_, std::move(task));
    if (!status.ok()) throw std::runtime_error(status.ToString());
  }

  v1::TraceIssueResponse Trace(const std::string& issue) {
    v1::TraceIssueRequest request;
    request.set_issue_key(issue);
    v1::TraceIssueResponse response;
    const grpc::Status status = Call(&Stub::TraceIssue, request, &response, "token-a-read");
    EXPECT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(response.DebugString().find(kCustomer), std::string::npos);
    return response;
  }
  static std::vector<std::string> States(const v1::TraceIssueResponse& trace, const std::string& stage) {
    std::vector<std::string> states;
    for (const auto& step : trace.steps()) {
      if (step.stage() == stage) states.push_back(step.state());
    }
    return states;
  }
  // The issue as a worker would have decided it.
  store::IssueWrite Decided() {
    store::IssueWrite write;
    write.issue_id = issue_id_;
    write.record.version_ms = base::ToMillis(clock_.Now());
    write.record.contact = store::ContactId::OfEmail(kCustomer);
    write.rank_ms = write.record.version_ms;
    write.desired.set_email(kCustomer);
    return write;
  }
  v1::OutboxEvent Previewed() {
    v1::PreviewMappingRequest request;
    request.set_issue_key(key_);
    v1::PreviewMappingResponse preview;
    EXPECT_TRUE(Call(&Stub::PreviewMapping, request, &preview).ok());
    v1::OutboxEvent event;
    event.set_name(preview.timeline(0).name());
    event.set_properties_json(preview.timeline(0).properties_json());
    event.set_contact(store::ContactId::OfEmail(kCustomer).Bytes());
    event.set_issue_id(issue_id_);
    event.set_event_ms(preview.timeline(0).at().seconds() * 1000 + preview.timeline(0).at().nanos() / 1'000'000);
    const std::string hex = json::parse(event.properties_json())["uid"];
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
      *event.mutable_uid() += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    }
    return event;
  }

  std::string id_;
  std::unique_ptr<redis::Client> redis_client_;
  std::unique_ptr<store::OwnerStore> owner_;
  std::string key_;
  int64_t issue_id_ = 0;
};

TEST_F(TraceTest, Issue_nobody_has_told_of_yet_is_visible_and_not_tracked) {
  const v1::TraceIssueResponse trace = Trace(key_);
  EXPECT_EQ(trace.issue_id(), issue_id_);
  EXPECT_EQ(trace.issue_key(), key_);
  EXPECT_EQ(States(trace, "connection"), std::vector<std::string>{"ACTIVE"});
  EXPECT_EQ(States(trace, "jira"), std::vector<std::string>{"visible"});
  EXPECT_EQ(States(trace, "record"), std::vector<std::string>{"none"});
  EXPECT_EQ(States(trace, "sent"), std::vector<std::string>{"not sent"});
  EXPECT_TRUE(trace.limits().empty());
}

TEST_F(TraceTest, Change_is_followed_from_the_stream_to_Brevo) {
  v1::HandleWebhookRequest hint;
  hint.mutable_payload()->set_issue_key(key_);
  v1::HandleWebhookResponse taken;
  ASSERT_TRUE(Call(&Stub::HandleWebhook, hint, &taken).ok());
  EXPECT_EQ(States(Trace(key_), "taken"), std::vector<std::string>{"waiting"});

  const v1::OutboxEvent event = Previewed();
  store::Application application;
  for (const auto& entry : Run(owner_->Take(10))) application.acknowledged.push_back(entry.entry_id);
  application.issues.push_back(Decided());
  application.outbox.push_back(event);
  Run(owner_->Apply(std::move(application)));
  v1::TraceIssueResponse trace = Trace(key_);
  EXPECT_TRUE(States(trace, "taken").empty());
  EXPECT_EQ(States(trace, "record"), std::vector<std::string>{"admitted"});
  EXPECT_EQ(States(trace, "contact"), std::vector<std::string>{"dirty"});
  EXPECT_EQ(States(trace, "outbox"), std::vector<std::string>{"waiting"});

  const auto dirty = Run(owner_->TakeDirty(10, store::Lane::kLive));
  EXPECT_EQ(States(Trace(key_), "contact"), std::vector<std::string>{"in flight"});
  std::vector<store::OwnerStore::Settled> settled;
  settled.push_back({dirty.at(0).contact, dirty.at(0).version, "hash", true});
  Run(owner_->Settle(std::move(settled)));
  trace = Trace(key_);
  EXPECT_EQ(States(trace, "contact"), std::vector<std::string>{"written"});
  EXPECT_EQ(States(trace, "outbox"), std::vector<std::string>{"queued"});

  const auto entries = Run(owner_->PeekOutbox(10, ""));
  Run(owner_->MarkSending(entries));
  EXPECT_EQ(States(Trace(key_), "outbox"), std::vector<std::string>{"sending"});
  Run(owner_->MarkHeld(entries));
  EXPECT_EQ(States(Trace(key_), "outbox"), std::vector<std::string>{"held"});
  Run(owner_->MarkSent(entries));
  trace = Trace(key_);
  EXPECT_TRUE(States(trace, "outbox").empty());
  EXPECT_EQ(States(trace, "sent"), std::vector<std::string>{"sent"});
}

TEST_F(TraceTest, Ticket_without_a_reachable_customer_is_parked) {
  store::Application application;
  application.issues.push_back(Decided());
  application.issues.back().record.contact = store::ContactId();
  Run(owner_->Apply(std::move(application)));
  EXPECT_EQ(States(Trace(key_), "contact"), std::vector<std::string>{"parked"});
}

TEST_F(TraceTest, Deleted_issue_is_traced_by_what_is_left_of_it) {
  store::Application application;
  application.issues.push_back(Decided());
  Run(owner_->Apply(std::move(application)));
  const v1::OutboxEvent event = Previewed();
  Http(net::Method::kPost, jira_->Url() + "/_control/change", json{{"op", "delete"}, {"issue", key_}}.dump());
  store::Application with_event;
  with_event.outbox.push_back(event);
  Run(owner_->Apply(std::move(with_event)));
  const v1::TraceIssueResponse trace = Trace(key_);
  EXPECT_EQ(States(trace, "jira"), std::vector<std::string>{"not visible"});
  // The outbox knows both the key and the id.
  EXPECT_EQ(trace.issue_id(), issue_id_);
  EXPECT_EQ(States(trace, "record"), std::vector<std::string>{"admitted"});
}

TEST_F(TraceTest, Dead_letters_and_quarantine_are_told_and_long_streams_cut) {
  v1::DeadLetterRecord letter;
  letter.set_kind("timeline");
  letter.set_payload(Previewed().SerializeAsString());
  letter.set_reason(v1::BREVO_REQUEST_INVALID);
  const store::Keys keys(id_);
  Redis({"XADD", keys.Dead(), "*", "r", letter.SerializeAsString(), "k", "timeline", "n", "64"});
  Redis({"XADD", keys.Quarantine(), "*", "b", "sealed", "n", "101"});
  Redis({"EVAL", "for i = 1, 2500 do redis.call('XADD', KEYS[1], '*', 'e', '') end", "1", keys.Events()});
  const v1::TraceIssueResponse trace = Trace(key_);
  EXPECT_EQ(States(trace, "dead"), std::vector<std::string>{"given up"});
  EXPECT_EQ(States(trace, "quarantine"), std::vector<std::string>{"hint"});
  ASSERT_EQ(trace.limits_size(), 1);
  EXPECT_EQ(trace.limits(0), "only 2000 entries of events were looked at");
}

TEST_F(TraceTest, Bad_key_names_the_field) {
  v1::TraceIssueRequest request;
  request.set_issue_key("SUPPORT");
  v1::TraceIssueResponse response;
  EXPECT_EQ(DetailOf(Call(&Stub::TraceIssue, request, &response)).field(), "issue_key");
}

}  // namespace
}  // namespace tajo::gateway
