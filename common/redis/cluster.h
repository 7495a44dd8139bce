#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/redis/client.h"
#include "common/redis/open.h"
#include "common/redis/url.h"

namespace tajo::redis {

// Routes by the slot of args[1] (Execute) or keys[0] (Run), over a pipeline to each master. Follows
// MOVED and ASK, and asks the cluster for its slots anew when a node can't be reached.
// WAIT has no key, so it can't be sent to the node that it's meant for.
std::unique_ptr<Client> MakeClusterClient(boost::asio::io_context& loop, const base::Clock& clock, base::Random& random,
                                          Options options, Url url);

}  // namespace tajo::redis
