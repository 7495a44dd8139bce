#include "common/jira/auth.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <utility>

#include "common/base/error.h"
#include "common/jira/url.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::jira {
namespace {

std::string Base64(const std::string& bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');  // EVP_EncodeBlock ends with a NUL
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(length));
  return out;
}

std::string GatewayUrl(std::string_view api_url, std::string_view cloud_id) {
  return fmt::format("{}/ex/jira/{}", NormaliseBaseUrl(api_url), PercentEncode(cloud_id));
}

}  // namespace

BasicAuthorizer::BasicAuthorizer(std::string site_url, std::string email, const base::Secret& api_token,
                                 std::string cloud_id, std::string api_url)
    : base_url_(cloud_id.empty() ? NormaliseBaseUrl(site_url) : GatewayUrl(api_url, cloud_id)),
      header_("Basic " + Base64(email + ":" + api_token.Reveal())) {}

base::Task<absl::StatusOr<Authorization>> BasicAuthorizer::Current() {
  co_return Authorization{base_url_, header_.Reveal(), 0};
}

base::Task<absl::Status> BasicAuthorizer::Renew(const Authorization&) {
  co_return base::Error(v1::JIRA_AUTHENTICATION_FAILED,
                        "Jira refused the e-mail and API token: tokens expire after a year at most, and scoped ones "
                        "need the cloud id; make a new one at id.atlassian.com and update the connection");
}

OAuthAuthorizer::OAuthAuthorizer(TokenSource& tokens, std::string cloud_id, std::string api_url)
    : tokens_(tokens), base_url_(GatewayUrl(api_url, cloud_id)) {}

base::Task<absl::StatusOr<Authorization>> OAuthAuthorizer::Current() {
  TAJO_CO_ASSIGN_OR_RETURN(const AccessToken token, co_await tokens_.Get());
  co_return Authorization{base_url_, "Bearer " + token.token.Reveal(), token.generation};
}

base::Task<absl::Status> OAuthAuthorizer::Renew(const Authorization& refused) {
  const int64_t generation = refused.generation;
  const auto token = co_await tokens_.Renew(generation);
  co_return token.status();
}

}  // namespace tajo::jira
