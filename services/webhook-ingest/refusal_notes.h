#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <map>
#include <string>

#include "common/base/clock.h"
#include "common/base/task.h"
#include "common/redis/client.h"
#include "common/store/refusal_note.h"
#include "services/webhook-ingest/known_connection.h"
#include "services/webhook-ingest/why_refused.h"

namespace tajo::ingest {

// Tells a connection's operator, by way of Redis, that webhooks for it are refused. A second behind the answers,
// so that neither they nor their time tell whether there is such a connection; and one note a connection is all
// that a second brings, however many were refused. A hint only: what doesn't fit, or can't be written, is dropped.
// Used from one loop.
class RefusalNotes {
 public:
  // `redis` and `clock` outlive it.
  RefusalNotes(boost::asio::io_context& loop, redis::Client& redis, base::Clock& clock);

  void Add(const KnownConnection& connection, WhyRefused why);
  // Writes, until cancelled.
  base::Task<void> Run();

  std::size_t Size() const { return waiting_.size(); }

 private:
  redis::Client& redis_;
  base::Clock& clock_;
  std::map<std::string, store::RefusalNote> waiting_;  // by connection
  boost::asio::steady_timer bell_;
};

}  // namespace tajo::ingest
