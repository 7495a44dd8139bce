#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "common/base/random.h"
#include "common/redis/client.h"
#include "common/redis/dial.h"
#include "common/redis/open.h"

namespace tajo::redis {

std::unique_ptr<Subscriber> MakeSubscriber(boost::asio::io_context& loop, base::Random& random, Options options,
                                           Locate locate, Login login);

}  // namespace tajo::redis
