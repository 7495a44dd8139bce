#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "common/deciding/decide.h"
#include "tests/unit/deciding/samples.h"

namespace tajo::deciding {

class DecideTest : public ::testing::Test {
 protected:
  Outcome Decided(const jira::v1::Event& event, const Facts& facts = {}) {
    return Decide(event, facts, NobodyKnown(), rules_, kNowMs);
  }
  static UserLookup NobodyKnown() {
    return [](const std::string&) -> const jira::v1::User* { return nullptr; };
  }
  static jira::v1::Event IssueEvent(jira::v1::ChangeKind kind, jira::v1::Issue issue = SampleIssue()) {
    jira::v1::Event event;
    event.set_occurred_ms(kConnectedMs + 60'000);
    event.mutable_issue()->set_kind(kind);
    *event.mutable_issue()->mutable_issue() = std::move(issue);
    return event;
  }
  static jira::v1::Event Transition(const std::string& history_id) {
    jira::v1::Event event = IssueEvent(jira::v1::UPDATED);
    auto* history = event.mutable_issue()->mutable_history();
    history->set_id(history_id);
    history->set_created_ms(kConnectedMs + 60'000);
    *history->add_changes() = Change("status", "To Do", "In Progress");
    return event;
  }
  static jira::v1::Event PublicComment() {
    jira::v1::Event event;
    event.set_occurred_ms(kConnectedMs + 70'000);
    auto* change = event.mutable_comment();
    change->set_kind(jira::v1::CREATED);
    *change->mutable_issue() = SampleIssue();
    change->mutable_issue()->clear_reporter();
    change->mutable_issue()->set_partial(true);
    change->mutable_comment()->set_id("555");
    change->mutable_comment()->set_text("We are on it");
    change->mutable_comment()->set_created_ms(kConnectedMs + 70'000);
    change->mutable_comment()->set_is_public(true);
    return event;
  }
  static Facts Tracked() {
    Facts facts;
    facts.record.emplace();
    facts.record->contact = store::ContactId::OfEmail("customer0001@example.com");
    return facts;
  }

  Rules rules_{SampleConfig()};
};

}  // namespace tajo::deciding
