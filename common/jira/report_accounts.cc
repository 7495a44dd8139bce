#include "common/jira/report_accounts.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/base/error.h"
#include "common/jira/body.h"
#include "common/jira/url.h"
#include "common/json/reader.h"
#include "common/json/time.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::jira {
namespace {

constexpr int64_t kMostDays = 60;

std::string ReportBody(const std::vector<HeldAccount>& accounts) {
  nlohmann::json list = nlohmann::json::array();
  for (const HeldAccount& account : accounts) {
    list.push_back({{"accountId", account.account_id}, {"updatedAt", json::FormatIso8601(account.as_of_ms)}});
  }
  return BodyOf("accounts", list);
}

}  // namespace

AppAuthorizer::AppAuthorizer(TokenSource& tokens, std::string api_url)
    : tokens_(tokens), base_url_(NormaliseBaseUrl(api_url)) {}

base::Task<absl::StatusOr<Authorization>> AppAuthorizer::Current() {
  TAJO_CO_ASSIGN_OR_RETURN(const AccessToken token, co_await tokens_.Get());
  co_return Authorization{base_url_, "Bearer " + token.token.Reveal(), token.generation};
}

base::Task<absl::Status> AppAuthorizer::Renew(const Authorization& refused) {
  const int64_t generation = refused.generation;
  const auto token = co_await tokens_.Renew(generation);
  co_return token.status();
}

std::optional<std::chrono::seconds> ParseCyclePeriod(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  int64_t unit = 1;
  if (!text.empty() && text.front() == 'P') {
    text.remove_prefix(1);
    if (text.empty() || (text.back() != 'D' && text.back() != 'W')) return std::nullopt;
    unit = text.back() == 'W' ? 7 : 1;
    text.remove_suffix(1);
  }
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 1 || number > kMostDays / unit) {
    return std::nullopt;
  }
  return std::chrono::hours(24 * unit * number);
}

base::Task<absl::StatusOr<ReportAnswer>> ReportAccounts(Connection& connection, std::vector<HeldAccount> accounts) {
  if (accounts.empty() || accounts.size() > kReportLimit) {
    co_return base::FieldError(v1::REQUEST_INVALID, "accounts", "report 1 to 90 accounts a call");
  }
  Request request;
  request.call = {"app/report-accounts", net::Method::kPost, 1, Lane::kBackfill};
  request.path = "/app/report-accounts/";
  request.body = ReportBody(accounts);
  TAJO_CO_ASSIGN_OR_RETURN(const net::HttpResponse response, co_await connection.Send(std::move(request)));
  ReportAnswer answer;
  if (const auto header = response.headers.Find("Cycle-Period")) {
    answer.cycle = ParseCyclePeriod(*header).value_or(kDefaultCycle);
  }
  if (response.status == 204 || response.body.empty()) co_return answer;
  TAJO_CO_ASSIGN_OR_RETURN(const nlohmann::json document, ParseAnswer(response.body));
  const json::Reader root(document, v1::JIRA_RESPONSE_INVALID);
  for (const json::Reader& item : root.Items("accounts")) {
    const std::string status = item.String("status").value_or("");
    if (status != "closed" && status != "updated") continue;
    TAJO_CO_ASSIGN_OR_RETURN(std::string account_id, item.RequireString("accountId"));
    answer.accounts.push_back({std::move(account_id), status == "closed"});
  }
  co_return answer;
}

}  // namespace tajo::jira
