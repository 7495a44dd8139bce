#include "services/sync-worker/writing/content_hash.h"

#include <gtest/gtest.h>

namespace tajo::worker {
namespace {

TEST(ContentHash, differs_by_attribute_and_list_but_not_by_order) {
  store::ContactToWrite contact;
  contact.desired.set_email("customer0001@example.com");
  (*contact.desired.mutable_attributes())["A"] = "\"1\"";
  (*contact.desired.mutable_attributes())["B"] = "\"2\"";
  contact.desired.add_list_ids(22);
  contact.desired.add_list_ids(23);
  store::ContactToWrite same = contact;
  same.desired.clear_list_ids();
  same.desired.add_list_ids(23);
  same.desired.add_list_ids(22);
  EXPECT_EQ(ContentHash(contact), ContentHash(same));
  store::ContactToWrite left = contact;
  left.unlink_list_ids.push_back(24);
  EXPECT_NE(ContentHash(contact), ContentHash(left));
  (*same.desired.mutable_attributes())["B"] = "\"3\"";
  EXPECT_NE(ContentHash(contact), ContentHash(same));
}

}  // namespace
}  // namespace tajo::worker
