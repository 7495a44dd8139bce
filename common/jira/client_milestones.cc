#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "common/jira/body.h"
#include "common/jira/client.h"
#include "common/jira/pager.h"
#include "common/jira/pages.h"
#include "common/jira/url.h"
#include "common/json/reader.h"
#include "tajo/jira/v1/error.pb.h"

// Versions, boards and sprints; the versions of a project are in client.cc, with the other catalogues.
namespace tajo::jira {
namespace {

constexpr char kAgilePage[] = "50";  // Jira's most

}  // namespace

base::Task<absl::StatusOr<v1::Version>> Client::GetVersion(int64_t version_id) {
  Request request = Get("version/{id}", fmt::format("/rest/api/3/version/{}", version_id), 2);
  TAJO_CO_ASSIGN_OR_RETURN(net::HttpResponse response, co_await connection_.Send(std::move(request)));
  co_return ParseVersion(std::move(response.body));
}

base::Task<absl::StatusOr<v1::Sprint>> Client::GetSprint(int64_t sprint_id) {
  Request request = Get("sprint/{id}", fmt::format("/rest/agile/1.0/sprint/{}", sprint_id), 2);
  TAJO_CO_ASSIGN_OR_RETURN(net::HttpResponse response, co_await connection_.Send(std::move(request)));
  co_return ParseSprint(std::move(response.body));
}

base::Task<absl::StatusOr<std::vector<Board>>> Client::Boards(std::string project_key) {
  std::vector<Board> boards;
  OffsetPager pager;
  while (!pager.Done()) {
    PathBuilder path("/rest/agile/1.0/board");
    path.Add("startAt", std::to_string(pager.StartAt())).Add("maxResults", kAgilePage);
    if (!project_key.empty()) path.Add("projectKeyOrId", project_key);
    Request request = Get("board", std::move(path).Build(), 51);
    TAJO_CO_ASSIGN_OR_RETURN(const net::HttpResponse response, co_await connection_.Send(std::move(request)));
    TAJO_CO_ASSIGN_OR_RETURN(const nlohmann::json document, ParseAnswer(response.body));
    const json::Reader root(document, v1::JIRA_RESPONSE_INVALID);
    TAJO_CO_ASSIGN_OR_RETURN(const std::vector<json::Reader> values, root.RequireArray("values"));
    for (const json::Reader& value : values) {
      Board board;
      board.id = value.Int64("id").value_or(0);
      board.type = value.String("type").value_or("");
      if (board.id != 0) boards.push_back(std::move(board));
    }
    pager.Next(values.size(), root.Int64("total"), root.Bool("isLast"));
    Settle(50, values.size());
  }
  co_return boards;
}

base::Task<absl::StatusOr<std::vector<v1::Sprint>>> Client::BoardSprints(int64_t board_id, std::string states) {
  std::vector<v1::Sprint> sprints;
  OffsetPager pager;
  while (!pager.Done()) {
    PathBuilder path(fmt::format("/rest/agile/1.0/board/{}/sprint", board_id));
    path.Add("state", states).Add("startAt", std::to_string(pager.StartAt())).Add("maxResults", kAgilePage);
    Request request = Get("board/{id}/sprint", std::move(path).Build(), 51);
    TAJO_CO_ASSIGN_OR_RETURN(net::HttpResponse response, co_await connection_.Send(std::move(request)));
    TAJO_CO_ASSIGN_OR_RETURN(OffsetPage<v1::Sprint> page, ParseSprints(std::move(response.body)));
    pager.Next(page.items.size(), page.total, page.is_last);
    Settle(50, page.items.size());
    for (v1::Sprint& sprint : page.items) sprints.push_back(std::move(sprint));
  }
  co_return sprints;
}

}  // namespace tajo::jira
