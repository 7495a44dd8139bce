#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "tajo/jira/v1/connector.pb.h"

namespace tajo::cli {

// What --json prints, one document a command. Names are stable; times are ISO 8601 in UTC or null.
nlohmann::json ToJson(const jira::v1::ConnectResponse& response);
nlohmann::json ToJson(const jira::v1::Connection& connection);
nlohmann::json ToJson(const jira::v1::TestConnectionResponse& response);
nlohmann::json ToJson(const jira::v1::Sync& sync);
nlohmann::json ToJson(const jira::v1::Status& status);
nlohmann::json ToJson(const jira::v1::QueryResponse::Row& issue);
nlohmann::json ToJson(const jira::v1::DeadLetter& letter);
nlohmann::json ToJson(const jira::v1::ReplayDeadLettersResponse& response);
nlohmann::json ToJson(const jira::v1::TraceIssueResponse& response);
nlohmann::json ToJson(const jira::v1::PreviewMappingResponse& response);
nlohmann::json ToJson(const jira::v1::CreateIssueResponse& response);
nlohmann::json ToJson(const jira::v1::GetCapacityResponse::Row& row);

// A field of an issue in a few words: an object's name, the text of a rich-text document, a list's items.
std::string FieldText(const nlohmann::json& value);

// The document with its end of line; text that isn't UTF-8 is replaced, never thrown at.
std::string Dump(const nlohmann::json& document);

}  // namespace tajo::cli
