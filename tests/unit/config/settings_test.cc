#include "common/config/settings.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "common/config/common_settings.h"

namespace tajo::config {
namespace {

using namespace std::chrono_literals;

// A service with a setting of each kind, and what it answered.
class SettingsTest : public ::testing::Test {
 protected:
  struct Outcome {
    std::optional<int> exit_code;
    std::string out;
    std::string err;
  };

  void SetUp() override {
    std::string folder = ::testing::TempDir() + "settings-XXXXXX";
    ASSERT_NE(mkdtemp(folder.data()), nullptr);
    folder_ = folder;
    service_.AddTo(settings_);
    redis_.AddTo(settings_);
    upstream_.AddTo(settings_);
    tls_.AddTo(settings_);
    settings_.AddListen("listen", "where to serve", listen_);
    settings_.AddList("connections", "only these connections", connections_);
    settings_.AddInt("workers", "threads", workers_, 1, 64);
    settings_.AddSecret("webhook-secret", "secret of the webhook", secret_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Outcome Run(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "/usr/bin/tajo-gateway");
    std::ostringstream out;
    std::ostringstream err;
    const auto environment = [this](const std::string& name) -> std::optional<std::string> {
      const auto found = environment_.find(name);
      return found == environment_.end() ? std::nullopt : std::optional(found->second);
    };
    const auto code = settings_.Parse(static_cast<int>(arguments.size()), arguments.data(), environment, out, err);
    return {code, out.str(), err.str()};
  }

  std::string WriteFile(std::string_view yaml) {
    const std::string path = folder_ / "tajo.yaml";
    std::ofstream(path) << yaml;
    return path;
  }

  void ExpectRefused(const std::vector<const char*>& arguments, const std::string& line) {
    const Outcome outcome = Run(arguments);
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_EQ(outcome.err, line + "\n");
    EXPECT_EQ(outcome.out, "");
  }

  Settings settings_{"tajo-gateway", "1.2.3", "Serves the API."};
  ServiceSettings service_{9464};
  RedisSettings redis_;
  UpstreamSettings upstream_;
  TlsSettings tls_;
  ListenAddress listen_{"0.0.0.0", 50051};
  std::vector<std::string> connections_;
  int64_t workers_ = 2;
  base::Secret secret_;
  std::map<std::string, std::string> environment_;
  std::filesystem::path folder_;
};

TEST_F(SettingsTest, nothing_given_leaves_the_defaults_of_the_design) {
  const Outcome outcome = Run({});
  EXPECT_EQ(outcome.exit_code, std::nullopt) << outcome.err;
  EXPECT_EQ(listen_.ToString(), "0.0.0.0:50051");
  EXPECT_EQ(service_.metrics_listen.ToString(), "0.0.0.0:9464");
  EXPECT_EQ(service_.log_level, "info");
  EXPECT_EQ(service_.log_format, "json");
  EXPECT_EQ(service_.shutdown_grace, 25s);
  EXPECT_EQ(redis_.url.Reveal(), "redis://127.0.0.1:6379");
  EXPECT_EQ(upstream_.jira_auth_url, "https://auth.atlassian.com");
  EXPECT_EQ(upstream_.jira_api_url, "https://api.atlassian.com");
  EXPECT_EQ(upstream_.brevo_api_url, "https://api.brevo.com/v3");
  EXPECT_FALSE(upstream_.allow_insecure_upstreams);
  EXPECT_FALSE(tls_.Enabled());
}

TEST_F(SettingsTest, flags_are_read_in_both_forms) {
  const Outcome outcome = Run({"--listen", "127.0.0.1:0", "--workers=8", "--metrics-per-connection", "--connections",
                               "c1, c2,,c3", "--shutdown-grace=1m30s", "--redis-url=unix:///run/redis.sock",
                               "--brevo-api-url", "https://brevo.example.com/v3/"});
  EXPECT_EQ(outcome.exit_code, std::nullopt) << outcome.err;
  EXPECT_EQ(listen_.ToString(), "127.0.0.1:0");
  EXPECT_EQ(workers_, 8);
  EXPECT_TRUE(service_.metrics_per_connection);
  EXPECT_EQ(connections_, (std::vector<std::string>{"c1", "c2", "c3"}));
  EXPECT_EQ(service_.shutdown_grace, 90s);
  EXPECT_EQ(redis_.url.Reveal(), "unix:///run/redis.sock");
  EXPECT_EQ(upstream_.brevo_api_url, "https://brevo.example.com/v3");
}

TEST_F(SettingsTest, last_of_two_flags_wins) {
  EXPECT_EQ(Run({"--workers=8", "--workers=9", "--metrics-per-connection", "--metrics-per-connection=false"}).exit_code,
            std::nullopt);
  EXPECT_EQ(workers_, 9);
  EXPECT_FALSE(service_.metrics_per_connection);
}

TEST_F(SettingsTest, flag_goes_before_environment_before_file_before_default) {
  const std::string path = WriteFile("workers: 3\nlog-level: warn\nlog-format: text\n");
  environment_ = {{"TAJO_WORKERS", "4"}, {"TAJO_LOG_LEVEL", "debug"}, {"TAJO_CONFIG", path}};
  EXPECT_EQ(Run({"--workers", "5"}).exit_code, std::nullopt);
  EXPECT_EQ(workers_, 5);
  EXPECT_EQ(service_.log_level, "debug");
  EXPECT_EQ(service_.log_format, "text");
  EXPECT_EQ(service_.shutdown_grace, 25s);
}

TEST_F(SettingsTest, empty_environment_variable_counts_as_not_set) {
  environment_ = {{"TAJO_WORKERS", ""}};
  EXPECT_EQ(Run({}).exit_code, std::nullopt);
  EXPECT_EQ(workers_, 2);
}

TEST_F(SettingsTest, file_takes_lists_switches_and_nothing) {
  const std::string path = WriteFile("connections: [c1, 'c2']\nmetrics-per-connection: true\nworkers:\n");
  EXPECT_EQ(Run({"--config", path.c_str()}).exit_code, std::nullopt);
  EXPECT_EQ(connections_, (std::vector<std::string>{"c1", "c2"}));
  EXPECT_TRUE(service_.metrics_per_connection);
  EXPECT_EQ(workers_, 2);
}

TEST_F(SettingsTest, help_goes_to_stdout_with_code_0) {
  for (const char* flag : {"--help", "-h"}) {
    const Outcome outcome = Run({flag});
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_EQ(outcome.err, "");
    for (const char* part : {"Serves the API.", "--listen HOST:PORT", "(default 0.0.0.0:50051)",
                             "--shutdown-grace DURATION", "(default 25s)", "TAJO_", "--allow-insecure-upstreams\n"}) {
      EXPECT_NE(outcome.out.find(part), std::string::npos) << part;
    }
  }
}

TEST_F(SettingsTest, version_goes_to_stdout_with_code_0) {
  const Outcome outcome = Run({"--version"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.out, "tajo-gateway 1.2.3\n");
}

TEST_F(SettingsTest, bad_values_end_with_one_line_that_names_the_flag) {
  ExpectRefused({"--listen", "foo"}, "tajo-gateway: --listen: 'foo' isn't host:port");
  ExpectRefused({"--workers=0"}, "tajo-gateway: --workers: 0 isn't from 1 to 64");
  ExpectRefused({"--workers=many"}, "tajo-gateway: --workers: 'many' isn't a whole number");
  ExpectRefused({"--shutdown-grace=25"},
                "tajo-gateway: --shutdown-grace: '25' isn't a duration like 500ms, 25s, 15m or 2h");
  ExpectRefused({"--shutdown-grace=1h"}, "tajo-gateway: --shutdown-grace: 1h isn't from 500ms to 10m");
  ExpectRefused({"--log-level=loud"},
                "tajo-gateway: --log-level: 'loud' isn't one of trace, debug, verbose, info, warn, warning, error");
  ExpectRefused({"--metrics-per-connection=maybe"},
                "tajo-gateway: --metrics-per-connection: 'maybe' isn't true or false");
}

TEST_F(SettingsTest, value_that_is_missing_is_named) {
  ExpectRefused({"--listen"}, "tajo-gateway: --listen: needs a value (HOST:PORT)");
  ExpectRefused({"--listen", "--workers=3"}, "tajo-gateway: --listen: needs a value (HOST:PORT)");
}

TEST_F(SettingsTest, unknown_flag_names_the_nearest) {
  ExpectRefused({"--lisen", "x"}, "tajo-gateway: --lisen: no such flag: did you mean '--listen'?");
  ExpectRefused({"--brewo-api-url=https://x"},
                "tajo-gateway: --brewo-api-url: no such flag: did you mean '--brevo-api-url'?");
  ExpectRefused({"--colour"}, "tajo-gateway: --colour: no such flag; see --help");
}

TEST_F(SettingsTest, stray_argument_isnt_repeated) {
  ExpectRefused({"--workers=3", "xkeysib-secret"},
                "tajo-gateway: argument 2 isn't a flag: everything is given as --name value; see --help");
  ExpectRefused({"-l"}, "tajo-gateway: argument 1 isn't a flag: everything is given as --name value; see --help");
}

TEST_F(SettingsTest, bad_environment_names_the_variable) {
  environment_ = {{"TAJO_LISTEN", "foo"}};
  ExpectRefused({}, "tajo-gateway: TAJO_LISTEN: 'foo' isn't host:port");
}

TEST_F(SettingsTest, bad_file_names_file_and_line) {
  const auto refused = [this](std::string_view yaml, const std::string& message) {
    const std::string path = WriteFile(yaml);
    ExpectRefused({"--config", path.c_str()}, "tajo-gateway: " + path + message);
  };
  refused("workers: 3\nlisen: x\n", ":2: lisen: no such setting: did you mean 'listen'?");
  refused("\nworkers: [3]\n", ":2: workers: expected a single value, found a list");
  refused("workers: lots\n", ":1: workers: 'lots' isn't a whole number");
  refused("connections: {a: b}\n", ":1: connections: expected a list, found keys and values");
  refused("- a\n", ":1: expected 'flag-name: value' lines");
  refused("workers: 1\nworkers: 2\n", ": line 2: the key 'workers' stands here twice");
  refused("config: other.yaml\n", ":1: config: no such setting in a file");
}

TEST_F(SettingsTest, file_that_is_missing_is_named) {
  ExpectRefused({"--config", "/nonexistent/tajo.yaml"},
                "tajo-gateway: --config /nonexistent/tajo.yaml: No such file or directory");
}

TEST_F(SettingsTest, wrong_value_of_a_file_that_a_flag_overrides_is_not_read) {
  const std::string path = WriteFile("workers: lots\n");
  EXPECT_EQ(Run({"--workers=3", "--config", path.c_str()}).exit_code, std::nullopt);
}

TEST_F(SettingsTest, secrets_are_never_shown) {
  redis_.url = base::Secret("redis://:hunter2@10.0.0.1");
  EXPECT_EQ(Run({"--webhook-secret=hunter2", "--help"}).out.find("hunter2"), std::string::npos);
  EXPECT_EQ(secret_.Reveal(), "hunter2");
}

TEST_F(SettingsTest, password_in_a_bad_url_is_not_shown) {
  ExpectRefused({"--redis-url=redsi://:hunter2@10.0.0.1"},
                "tajo-gateway: --redis-url: isn't a URL of redis://, rediss://, unix://, redis+sentinel:// or "
                "redis+cluster://");
}

TEST_F(SettingsTest, url_with_a_user_or_another_scheme_is_refused_without_repeating_it) {
  for (const char* url : {"--jira-api-url=https://me:hunter2@x", "--jira-api-url=ftp://x", "--jira-api-url=https://",
                          "--jira-api-url=x", "--jira-api-url=https://x/?key=hunter2"}) {
    ExpectRefused({url}, "tajo-gateway: --jira-api-url: isn't a URL like https://api.example.com");
  }
}

TEST_F(SettingsTest, plain_http_upstream_is_refused_unless_allowed) {
  ExpectRefused({"--brevo-api-url=http://127.0.0.1:1/v3"},
                "tajo-gateway: --brevo-api-url: http:// is refused without --allow-insecure-upstreams: use https://");
  EXPECT_EQ(Run({"--brevo-api-url=http://127.0.0.1:1/v3", "--allow-insecure-upstreams"}).exit_code, std::nullopt);
}

TEST_F(SettingsTest, tls_certificate_without_key_is_refused) {
  ExpectRefused({"--tls-cert=a.pem"}, "tajo-gateway: --tls-key is missing: --tls-cert is given");
}

TEST_F(SettingsTest, client_ca_without_certificate_is_refused) {
  ExpectRefused({"--tls-client-ca=ca.pem"}, "tajo-gateway: --tls-client-ca needs --tls-cert and --tls-key");
}

TEST_F(SettingsTest, setting_that_is_required_and_missing_is_named) {
  KeyringSettings keyring;
  keyring.AddTo(settings_);
  ExpectRefused({}, "tajo-gateway: --keyring-file is required (or TAJO_KEYRING_FILE)");
  environment_ = {{"TAJO_KEYRING_FILE", "/etc/tajo/keyring"}};
  EXPECT_EQ(Run({}).exit_code, std::nullopt);
  EXPECT_EQ(keyring.file, "/etc/tajo/keyring");
}

}  // namespace
}  // namespace tajo::config
