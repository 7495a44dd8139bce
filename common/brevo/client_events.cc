#include <fmt/format.h>

#include <utility>

#include "common/base/error.h"
#include "common/brevo/batching.h"
#include "common/brevo/client.h"
#include "common/brevo/client_request.h"
#include "common/brevo/decode.h"
#include "common/brevo/encode.h"
#include "common/brevo/errors.h"
#include "common/json/time.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::brevo {
namespace {

namespace v1 = ::tajo::jira::v1;

constexpr std::string_view kEvent = "POST /events";
constexpr std::string_view kBatch = "POST /events/batch";
constexpr std::string_view kRead = "GET /events";

}  // namespace

base::Task<absl::Status> Client::SendEvent(std::string encoded, Lane lane) {
  Request request{net::Method::kPost,     kEvent, "/events", Family::kEvents, lane, std::move(encoded),
                  Repeat::kOnlyIfNotActed};
  auto response = co_await Exchange(std::move(request));
  if (!response.ok()) co_return response.status();
  co_return response->Succeeded() ? absl::OkStatus() : ErrorFrom(*response, kEvent);
}

base::Task<absl::StatusOr<EventsOutcome>> Client::SendEvents(std::vector<std::string> encoded, Lane lane) {
  std::string body = EventsBody(encoded);
  if (encoded.empty() || encoded.size() > kMaxBatchEvents || body.size() > kMaxBatchBytes) {
    co_return base::Error(v1::REQUEST_INVALID,
                          fmt::format("send events: {} events of {} bytes, a batch has 1 to {} and at most {}; cut it "
                                      "with CutEventBatches",
                                      encoded.size(), body.size(), kMaxBatchEvents, kMaxBatchBytes));
  }
  Request request{net::Method::kPost,     kBatch, "/events/batch", Family::kEventBatches, lane, std::move(body),
                  Repeat::kOnlyIfNotActed};
  auto response = co_await Exchange(std::move(request));
  if (!response.ok()) co_return response.status();
  co_return DecodeBatch(*response, encoded.size());
}

base::Task<absl::StatusOr<EventPage>> Client::GetEvents(EventQuery query) {
  std::string path = fmt::format("/events?limit={}&offset={}", query.limit, query.offset);
  if (query.from_ms != 0 && query.to_ms != 0) {
    path += fmt::format("&startDate={}&endDate={}", PercentEncode(json::FormatIso8601(query.from_ms)),
                        PercentEncode(json::FormatIso8601(query.to_ms)));
  }
  for (const std::string& name : query.names) path += "&event_name=" + PercentEncode(name);
  for (const int64_t id : query.contact_ids) path += fmt::format("&contact_id={}", id);
  Request request{net::Method::kGet, kRead, std::move(path), Family::kOther, Lane::kUrgent, {}};
  auto response = co_await Exchange(std::move(request));
  if (!response.ok()) co_return response.status();
  if (response->status != 200) co_return ErrorFrom(*response, kRead);
  co_return DecodeEvents(response->body);
}

}  // namespace tajo::brevo
