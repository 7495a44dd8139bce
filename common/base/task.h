#pragma once

#include <boost/asio/awaitable.hpp>

#include "absl/status/statusor.h"

namespace tajo::base {

// What every function that waits for I/O returns. A Task runs on the loop of the thread that
// awaits it and may be cancelled wherever it awaits.
template <class T>
using Task = boost::asio::awaitable<T>;

}  // namespace tajo::base
