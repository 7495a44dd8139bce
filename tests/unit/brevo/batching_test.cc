#include "common/brevo/batching.h"

#include <gmock/gmock.h>

#include <set>

#include "common/brevo/encode.h"

namespace tajo::brevo {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

ContactWrite InLists(const std::string& email, std::vector<int64_t> lists) {
  ContactWrite contact;
  contact.email = email;
  contact.list_ids = std::move(lists);
  contact.attributes = {{"FIRSTNAME", "\"A\""}};
  return contact;
}

TEST(CutEventBatchesTest, NothingMakesNoBatch) {
  EXPECT_THAT(CutEventBatches({}), IsEmpty());
}

TEST(CutEventBatchesTest, TwoHundredFitAndOneMoreOpensTheNext) {
  const std::vector<std::string> events(401, R"({"event_name":"a"})");
  const auto ranges = CutEventBatches(events);
  ASSERT_EQ(ranges.size(), 3u);
  EXPECT_EQ(ranges[0].end, 200u);
  EXPECT_EQ(ranges[2].begin, 400u);
  EXPECT_EQ(ranges[2].end, 401u);
}

TEST(CutEventBatchesTest, LargeEventsAreCutByBytesAndNoneIsLost) {
  const std::vector<std::string> events(50, std::string(49'000, 'x'));
  const auto ranges = CutEventBatches(events);
  std::size_t next = 0;
  for (const Range& range : ranges) {
    EXPECT_EQ(range.begin, next);
    next = range.end;
    const std::vector<std::string> batch(events.begin() + static_cast<std::ptrdiff_t>(range.begin),
                                         events.begin() + static_cast<std::ptrdiff_t>(range.end));
    EXPECT_LE(EventsBody(batch).size(), kMaxBatchBytes);
  }
  EXPECT_EQ(next, events.size());
  EXPECT_EQ(ranges.size(), 5u);
}

TEST(ChooseEventModeTest, OneEventGoesAlone) {
  EXPECT_EQ(ChooseEventMode(1, std::nullopt, std::nullopt), EventMode::kSingle);
}

TEST(ChooseEventModeTest, AnUnmeasuredBatchBucketIsTried) {
  EXPECT_EQ(ChooseEventMode(2, Limit{10, std::chrono::seconds(1)}, std::nullopt), EventMode::kBatch);
}

TEST(ChooseEventModeTest, AHundredBatchesAnHourAreSlowerThanSinglesAndTenASecondAreFaster) {
  const Limit singles{10, std::chrono::seconds(1)};
  EXPECT_EQ(ChooseEventMode(50'000, singles, Limit{100, std::chrono::hours(1)}), EventMode::kSingle);
  EXPECT_EQ(ChooseEventMode(50'000, singles, Limit{10, std::chrono::seconds(1)}), EventMode::kBatch);
}

ImportPlan Plan(const std::vector<ContactWrite>& contacts, std::size_t max_bytes = kMaxImportBytes,
                std::size_t min_rows = kMinImportRows) {
  ImportPlanner planner(max_bytes, min_rows);
  for (const ContactWrite& contact : contacts) planner.Add(contact);
  return planner.Finish();
}

TEST(ImportPlannerTest, ContactsAreGroupedByTheirSetOfLists) {
  const std::vector<ContactWrite> contacts = {InLists("a@example.com", {22, 23}), InLists("b@example.com", {22}),
                                              InLists("c@example.com", {23, 22})};
  const ImportPlan plan = Plan(contacts, kMaxImportBytes, 1);
  ASSERT_EQ(plan.imports.size(), 2u);
  EXPECT_THAT(plan.imports[0].list_ids, ElementsAre(22));
  EXPECT_THAT(plan.imports[0].contacts, ElementsAre(1u));
  EXPECT_THAT(plan.imports[1].list_ids, ElementsAre(22, 23));
  EXPECT_THAT(plan.imports[1].contacts, ElementsAre(0u, 2u));
}

TEST(ImportPlannerTest, WhatAnImportGetsWrongGoesByUpsert) {
  std::vector<ContactWrite> contacts(7, InLists("a@example.com", {22}));
  contacts[0].list_ids.clear();                        // every import needs a list
  contacts[1].attributes["RESOLUTION"] = R"("")";      // empty doesn't clear
  contacts[2].attributes["OPEN"] = "true";             // booleans aren't updated
  contacts[3].attributes["SMS"] = R"("33612345678")";  // a second identifier merges
  contacts[4].ext_id = "712020:uuid";
  contacts[5].unlink_list_ids = {23};
  const ImportPlan plan = Plan(contacts, kMaxImportBytes, 1);
  EXPECT_THAT(plan.upserts, ElementsAre(0u, 1u, 2u, 3u, 4u, 5u));
  ASSERT_EQ(plan.imports.size(), 1u);
  EXPECT_THAT(plan.imports[0].contacts, ElementsAre(6u));
}

TEST(ImportPlannerTest, FewRowsGoByUpsert) {
  const std::vector<ContactWrite> contacts(kMinImportRows - 1, InLists("a@example.com", {22}));
  EXPECT_THAT(Plan(contacts).imports, IsEmpty());
  EXPECT_EQ(Plan(contacts).upserts.size(), contacts.size());
}

TEST(ImportPlannerTest, ManyRowsAreCutByBytesAndNoneIsLost) {
  std::vector<ContactWrite> contacts;
  for (int i = 0; i < 300; ++i) {
    ContactWrite contact = InLists("c" + std::to_string(i) + "@example.com", {22});
    contact.attributes["TEXT"] = '"' + std::string(500, 'x') + '"';
    contacts.push_back(contact);
  }
  const ImportPlan plan = Plan(contacts, 20'000, 1);
  std::set<std::size_t> seen;
  for (const PlannedImport& import : plan.imports) {
    for (std::size_t i = 0; i < import.contacts.size(); ++i) {
      const ContactWrite& contact = contacts[import.contacts[i]];
      EXPECT_EQ(import.rows.at(i), *ImportRowJson(contact.email, contact.attributes));
      EXPECT_TRUE(seen.insert(import.contacts[i]).second);
    }
    EXPECT_LE(ImportBody(import.rows, import.list_ids)->size(), 20'000u);
  }
  EXPECT_EQ(seen.size(), contacts.size());
  EXPECT_GT(plan.imports.size(), 5u);
}

}  // namespace
}  // namespace tajo::brevo
