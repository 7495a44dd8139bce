#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/random.h"
#include "common/base/secret.h"
#include "simulators/jira/deliveries.h"
#include "simulators/jira/happening.h"
#include "simulators/jira/jql_query.h"
#include "simulators/jira/options.h"

namespace tajo::jira_sim {

// A webhook that somebody registered.
struct Registration {
  enum class Surface : uint8_t { kDynamic, kAdmin };
  int64_t id = 0;
  Surface surface = Surface::kAdmin;
  std::string name;
  std::string url;
  std::vector<std::string> events;
  std::string jql;
  std::optional<jql::Query> filter;  // none: everything
  std::vector<std::string> field_ids;
  std::vector<std::string> property_keys;
  base::Secret secret;  // of an admin webhook; may be empty
  int64_t grant = 0;    // of a dynamic one: whose consent
  Millis expires = 0;   // of a dynamic one
  bool enabled = true;
};

// The registered webhooks, and what they make of a happening.
class Webhooks final : public Listener {
 public:
  static constexpr Millis kTtl = 30LL * 86'400'000;
  static constexpr std::size_t kMostPerGrant = 5;

  Webhooks(const World& world, const Zone& zone, const Options& options, base::Random& random)
      : world_(world), zone_(zone), options_(options), random_(random) {}

  // Both are known once the server listens.
  void SendWith(Deliveries& deliveries, std::string site_url) {
    deliveries_ = &deliveries;
    site_url_ = std::move(site_url);
  }

  void On(const Happening& happening) override;

  int64_t Add(Registration registration);
  bool Remove(int64_t id, Registration::Surface surface, std::optional<int64_t> grant);
  Registration* Find(int64_t id);
  std::vector<Registration>& All() { return registrations_; }
  void RemoveAll() { registrations_.clear(); }

  // Why Jira wouldn't take a dynamic webhook; nothing when it does.
  static std::vector<std::string> Problems(const std::vector<std::string>& events, std::string_view jql,
                                           const jql::Context& context);

 private:
  bool Concerns(const Registration& registration, const Happening& happening) const;
  void Send(const Happening& happening, const Registration& registration, std::string body);

  const World& world_;
  const Zone& zone_;
  const Options& options_;
  base::Random& random_;
  Deliveries* deliveries_ = nullptr;
  std::string site_url_;
  int64_t next_id_ = 1;
  std::vector<Registration> registrations_;
};

}  // namespace tajo::jira_sim
