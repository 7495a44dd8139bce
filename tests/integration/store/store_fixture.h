#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "common/base/error.h"
#include "common/base/random.h"
#include "common/redis/open.h"
#include "common/store/ids.h"
#include "common/store/keys.h"
#include "common/store/owner_store.h"
#include "tests/support/fake_clock.h"
#include "tests/support/redis_server.h"

namespace tajo::store {

inline constexpr char kAnna[] = "anna@example.com";
inline constexpr char kBert[] = "bert@example.org";

// A redis-server for the test suite, emptied before each test, and what every store needs.
class StoreTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = std::make_unique<testing::RedisServer>(); }
  static void TearDownTestSuite() { server_.reset(); }

  StoreTest() {
    redis::Options options;
    options.url = server_->Url();
    absl::StatusOr<std::unique_ptr<redis::Client>> client = redis::Open(context_, clock_, random_, options);
    if (!client.ok()) throw std::runtime_error(client.status().ToString());
    redis_ = *std::move(client);
    Redis({"FLUSHALL"});
    Redis({"SCRIPT", "FLUSH"});
  }

  // Runs the loop until the task has ended, and gives its result.
  template <class T>
  T Run(base::Task<T> task) {
    std::optional<T> result;
    std::exception_ptr failure;
    bool done = false;
    boost::asio::co_spawn(context_, std::move(task), [&](std::exception_ptr error, T value) {
      failure = error;
      if (!error) result.emplace(std::move(value));
      done = true;
    });
    context_.restart();
    while (!done) context_.run_one();
    if (failure) std::rethrow_exception(failure);
    return *std::move(result);
  }
  template <class T>
  T Must(base::Task<absl::StatusOr<T>> task) {
    absl::StatusOr<T> result = Run(std::move(task));
    if (!result.ok()) throw std::runtime_error(result.status().ToString());
    return *std::move(result);
  }
  void Must(base::Task<absl::Status> task) {
    const absl::Status status = Run(std::move(task));
    ASSERT_TRUE(status.ok()) << status;
  }

  redis::Reply Redis(redis::Args command) { return Must(redis_->Execute(std::move(command))); }
  int64_t Number(redis::Args command) { return Redis(std::move(command)).Integer(); }

  // As far as timeline events ask there is such a contact: its last ticket is still to be read.
  void HasContact(const ContactId& contact) {
    Redis({"HSET", keys_.Contact(contact), "v", "0"});
    Redis({"HSET", keys_.Stale(), contact.Bytes(), "1"});
  }

  // The connection "c_1" with a lease of ours.
  OwnerStore Owner(std::string token = "worker-1/aaaa") {
    Redis({"SET", keys_.Lease(), token});
    return OwnerStore(*redis_, clock_, "c_1", LeaseToken{std::move(token)});
  }

  static std::unique_ptr<testing::RedisServer> server_;
  boost::asio::io_context context_;
  testing::FakeClock clock_;
  base::SeededRandom random_{20261123};
  Keys keys_{"c_1"};
  std::unique_ptr<redis::Client> redis_;
};

inline std::unique_ptr<testing::RedisServer> StoreTest::server_;

inline constexpr int64_t kNowMs = 1'790'000'000'000;  // where the fake clock begins

inline IssueWrite Ticket(int64_t id, const std::string& email, int64_t version_ms, uint32_t list = 0) {
  IssueWrite write;
  write.issue_id = id;
  write.record.version_ms = version_ms;
  if (!email.empty()) write.record.contact = ContactId::OfEmail(email);
  write.record.list_id = list;
  write.rank_ms = version_ms;
  write.desired.set_email(email);
  (*write.desired.mutable_attributes())["LAST_TICKET_KEY"] = "\"SUP-" + std::to_string(id) + "\"";
  (*write.desired.mutable_attributes())["LAST_TICKET_STATUS"] = "\"v" + std::to_string(version_ms) + "\"";
  return write;
}

inline IssueWrite Deletion(int64_t id, int64_t version_ms) {
  IssueWrite write;
  write.issue_id = id;
  write.record.version_ms = version_ms;
  write.record.deleted = true;
  return write;
}

inline Application Of(std::vector<IssueWrite> issues) {
  Application application;
  application.issues = std::move(issues);
  return application;
}

inline jira::v1::OutboxEvent TimelineEvent(const std::string& uid, const std::string& email, int64_t event_ms) {
  jira::v1::OutboxEvent event;
  std::string padded = uid;
  padded.resize(32, '\xff');
  event.set_uid(padded);
  event.set_contact(ContactId::OfEmail(email).Bytes());
  event.set_name("jira_issue_created");
  event.set_event_ms(event_ms);
  event.set_properties_json("{\"issue_key\":\"SUP-1\"}");
  return event;
}

inline std::string KeyOf(const jira::v1::DesiredContact& desired) {
  const auto found = desired.attributes().find("LAST_TICKET_KEY");
  return found == desired.attributes().end() ? "" : found->second;
}

}  // namespace tajo::store
