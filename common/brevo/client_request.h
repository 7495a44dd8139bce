#pragma once

#include <string>
#include <string_view>

#include "common/brevo/client.h"
#include "common/net/http_client.h"

namespace tajo::brevo {

// One call of the API, before its quota, its tries and its answer. For client*.cc only.
struct Client::Request {
  net::Method method = net::Method::kGet;
  std::string_view endpoint;  // static: "POST /contacts"
  std::string path;           // from the base URL on, with its query
  Family family = Family::kOther;
  Lane lane = Lane::kLive;
  std::string body;
  Repeat repeat = Repeat::kAllowed;
};

}  // namespace tajo::brevo
