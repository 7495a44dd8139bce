#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "cli/up/data_dir.h"
#include "cli/up/supervisor.h"
#include "common/base/clock.h"

namespace tajo::cli {

inline constexpr char kRedis[] = "redis";
inline constexpr char kGateway[] = "gateway";
inline constexpr char kIngest[] = "ingest";
inline constexpr char kWorker[] = "worker";
inline constexpr char kJiraSim[] = "jira-sim";
inline constexpr char kBrevoSim[] = "brevo-sim";

struct UpOptions {
  std::string data_dir;
  std::string bin_dir;       // where the services' programs are
  std::string redis_server;  // path of the program
  std::string gateway_listen = "127.0.0.1:50051";
  std::string ingest_listen = "127.0.0.1:8080";
  std::string public_url;  // where Jira reaches ingest; empty: it doesn't
  bool simulate = false;
  bool verbose = false;
  bool json = false;
  base::Duration grace = std::chrono::seconds(25);
  // Further arguments by program name.
  std::multimap<std::string, std::string> further;
};

// What becomes known while the programs start.
struct Places {
  std::string ingest_url;  // of where ingest listens
  std::string jira_sim_url;
  std::string brevo_sim_url;
};

// The command line of each program; `places` as far as it needs them.
Program RedisProgram(const UpOptions& options, const DataDir& data);
Program JiraSimProgram(const UpOptions& options);
Program BrevoSimProgram(const UpOptions& options);
Program IngestProgram(const UpOptions& options, const DataDir& data);
Program GatewayProgram(const UpOptions& options, const DataDir& data, const Places& places);
Program WorkerProgram(const UpOptions& options, const DataDir& data, const Places& places);

// The same with what it chose for itself, so that it comes back there when it is started again.
std::vector<std::string> Pinned(std::vector<std::string> arguments, const std::string& listen,
                                const std::string& metrics);

}  // namespace tajo::cli
