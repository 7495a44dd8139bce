#include "common/config/common_settings.h"

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <optional>
#include <utility>

namespace tajo::config {

using Presence = Settings::Presence;

namespace {

bool IsRedisUrl(std::string_view url) {
  for (const std::string_view scheme : {"redis://", "rediss://", "unix://", "redis+sentinel://", "redis+cluster://",
                                        "rediss+sentinel://", "rediss+cluster://"}) {
    if (url.starts_with(scheme) && url.size() > scheme.size()) return true;
  }
  return false;
}

}  // namespace

void RedisSettings::AddTo(Settings& settings) {
  settings.AddSecret("redis-url",
                     "where Redis is: redis://, rediss://, unix://, redis+sentinel://h1,h2/master or "
                     "redis+cluster://h1,h2 (default redis://127.0.0.1:6379)",
                     url);
  settings.AddCheck([this]() -> std::optional<std::string> {
    if (IsRedisUrl(url.Reveal())) return std::nullopt;
    return "--redis-url: isn't a URL of redis://, rediss://, unix://, redis+sentinel:// or redis+cluster://";
  });
}

void RedisAckSettings::AddTo(Settings& settings) {
  settings.AddInt("redis-ack-replicas", "how many Redis replicas must have what is written before it counts", replicas,
                  0, 16);
}

void PublicUrlSettings::AddTo(Settings& settings) {
  settings.AddString(
      "public-url",
      "where Jira and Brevo reach webhook-ingest: https://your-host; without it no webhooks are registered", url);
  settings.AddCheck([this]() -> std::optional<std::string> {
    while (url.ends_with('/')) url.pop_back();
    if (url.empty() || url.starts_with("https://") || url.starts_with("http://")) return std::nullopt;
    return "--public-url isn't a URL of https:// or http://";
  });
}

void KeyringSettings::AddTo(Settings& settings) {
  settings.AddString("keyring-file",
                     "the keys that seal credentials, mode 0600; 'tajo keyring generate --output FILE' makes one", file,
                     Presence::kRequired);
}

void ServiceSettings::AddTo(Settings& settings) {
  settings.AddListen("metrics-listen", "where Prometheus reads /metrics", metrics_listen);
  settings.AddBool("metrics-per-connection", "label metrics with the connection: a series for each tenant",
                   metrics_per_connection);
  settings.AddChoice("log-level", "the least severe lines that are logged", log_level,
                     {"trace", "debug", "verbose", "info", "warn", "warning", "error"});
  settings.AddChoice("log-format", "how lines are logged", log_format, {"json", "text"});
  settings.AddDuration("shutdown-grace", "how long work in hand may take after SIGTERM", shutdown_grace,
                       std::chrono::milliseconds(500), std::chrono::minutes(10));
}

void UpstreamSettings::AddTo(Settings& settings) {
  settings.AddUrl("jira-auth-url", "Atlassian's OAuth", jira_auth_url);
  settings.AddUrl("jira-api-url", "Atlassian's API gateway, for OAuth and scoped tokens", jira_api_url);
  settings.AddUrl("brevo-api-url", "Brevo's API", brevo_api_url);
  settings.AddInt("jira-points-per-hour", "what Jira grants an OAuth app an hour, until its headers say otherwise",
                  jira_points_per_hour, 1'000, 100'000'000);
  settings.AddBool("allow-insecure-upstreams", "allow http:// upstreams and site URLs, for tests",
                   allow_insecure_upstreams);
  settings.AddBool("allow-private-upstreams", "allow upstreams and sites at addresses within this network",
                   allow_private_upstreams);
  settings.AddCheck([this]() -> std::optional<std::string> {
    if (allow_insecure_upstreams) return std::nullopt;
    const std::array<std::pair<const char*, const std::string*>, 3> urls = {
        {{"jira-auth-url", &jira_auth_url}, {"jira-api-url", &jira_api_url}, {"brevo-api-url", &brevo_api_url}}};
    for (const auto& [name, url] : urls) {
      if (url->starts_with("http://")) {
        return fmt::format("--{}: http:// is refused without --allow-insecure-upstreams: use https://", name);
      }
    }
    return std::nullopt;
  });
}

bool UpstreamSettings::PublicOnly() const {
  for (const char* const proxy : {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) {
    const char* const set = std::getenv(proxy);
    if (set != nullptr && *set != '\0') return false;  // the proxy's own address is all that is seen
  }
  return !allow_insecure_upstreams && !allow_private_upstreams;
}

void TlsSettings::AddTo(Settings& settings) {
  settings.AddString("tls-cert", "PEM file with the certificate chain to serve with; turns TLS on", cert);
  settings.AddString("tls-key", "PEM file with its private key", key);
  settings.AddString("tls-client-ca", "PEM file with the authorities that callers' certificates must come from",
                     client_ca);
  settings.AddCheck([this]() -> std::optional<std::string> {
    if (cert.empty() != key.empty()) {
      return cert.empty() ? "--tls-cert is missing: --tls-key is given" : "--tls-key is missing: --tls-cert is given";
    }
    if (!client_ca.empty() && cert.empty()) return "--tls-client-ca needs --tls-cert and --tls-key";
    return std::nullopt;
  });
}

}  // namespace tajo::config
