#pragma once

#include <optional>
#include <string>

#include "common/redis/client.h"
#include "common/store/connections.h"

namespace tajo::store {

// How a ConnectionRecord stands in its hash, credentials apart.
redis::Args FieldsOfNew(const ConnectionRecord& record);      // field, value, ...: all of them
redis::Args FieldsOfChanged(const ConnectionRecord& record);  // those that Connections::Update may change
redis::Args ReadCommand(std::string key);
// From the reply of ReadCommand; nothing if there is no such connection.
std::optional<ConnectionRecord> RecordOf(std::string connection_id, const redis::Reply& reply);

}  // namespace tajo::store
