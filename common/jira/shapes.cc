#include "common/jira/shapes.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "common/jira/adf.h"
#include "common/jira/text.h"
#include "common/jira/types.h"

namespace tajo::jira {
namespace {

constexpr std::size_t kMaxChangeText = 1000;

// The member `name` of an object, as text.
std::string TextOf(JsonWalk& walk, JsonValue value, std::string_view name) {
  std::string text;
  walk.Fields(value, [&](std::string_view key, JsonValue member) {
    if (key == name) text = walk.Text(member);
  });
  return text;
}

int64_t IdOf(JsonWalk& walk, JsonValue value) {
  int64_t id = 0;
  walk.Fields(value, [&](std::string_view key, JsonValue member) {
    if (key == "id") id = walk.Integer(member);
  });
  return id;
}

void ReadStatus(JsonWalk& walk, JsonValue value, v1::Issue* issue) {
  walk.Fields(value, [&](std::string_view key, JsonValue member) {
    if (key == "name") {
      issue->set_status(walk.Text(member));
    } else if (key == "id") {
      issue->set_status_id(walk.Text(member));
    } else if (key == "statusCategory") {
      issue->set_status_category(StatusCategoryOf(TextOf(walk, member, "key")));
    }
  });
}

void ReadProject(JsonWalk& walk, JsonValue value, v1::Issue* issue) {
  walk.Fields(value, [&](std::string_view key, JsonValue member) {
    if (key == "id") {
      issue->set_project_id(walk.Integer(member));
    } else if (key == "key") {
      issue->set_project_key(walk.Text(member));
    }
  });
}

// "com.atlassian.greenhopper.service.sprint.Sprint@1f[id=12,rapidViewId=3,...]": old Server's way.
int64_t SprintIdIn(std::string_view text) {
  const std::size_t at = text.find("id=");
  if (at == std::string_view::npos) return 0;
  int64_t id = 0;
  std::from_chars(text.data() + at + 3, text.data() + text.size(), id);
  return id;
}

void ReadSprintIds(JsonWalk& walk, JsonValue value, v1::Issue* issue) {
  const auto add = [&](JsonValue item) {
    const int64_t id = walk.IsObject(item) ? IdOf(walk, item) : SprintIdIn(walk.Text(item));
    if (id > 0) issue->add_sprint_ids(id);
  };
  if (walk.IsObject(value)) {
    add(value);
  } else {
    walk.Items(value, add);
  }
}

void ReadPerson(JsonWalk& walk, JsonValue value, v1::User* (v1::Issue::*mutable_user)(), v1::Issue* issue) {
  if (walk.IsObject(value)) ReadUser(walk, value, (issue->*mutable_user)());
}

void SetSeconds(JsonWalk& walk, JsonValue value, void (v1::Issue::*set)(int64_t), v1::Issue* issue) {
  if (const auto number = walk.Number(value); number && *number >= 0 && *number < 1e15) {
    (issue->*set)(static_cast<int64_t>(*number));
  }
}

enum class Seen : unsigned { kCreated = 1, kUpdated = 2, kStatus = 4, kAll = 7 };

class FieldReader {
 public:
  FieldReader(JsonWalk& walk, const IssueFields* fields, v1::Issue* issue)
      : walk_(walk), fields_(fields), issue_(issue) {}

  bool SawWhole() const { return seen_ == static_cast<unsigned>(Seen::kAll); }

  void operator()(std::string_view key, JsonValue value) {
    // Most are custom ones ("customfield_10001"), which mostly concern nobody.
    const bool is_own = (key.size() <= kLongestOwn || key.size() == kEstimate) && ReadOwn(key, value);
    if (!is_own && fields_ != nullptr) ReadFurther(key, value);
  }

 private:
  static constexpr std::size_t kLongestOwn = std::string_view("resolutiondate").size();
  static constexpr std::size_t kEstimate = std::string_view("timeoriginalestimate").size();

  // By length first: an issue has a hundred fields, and we want sixteen.
  bool ReadOwn(std::string_view key, JsonValue value) {
    switch (key.size()) {
      case 6:
        if (key != "status") return false;
        ReadStatus(walk_, value, issue_);
        Mark(Seen::kStatus);
        return true;
      case 7:
        return ReadOfSeven(key, value);
      case 8:
        return ReadOfEight(key, value);
      case 9:
        if (key == "issuetype") {
          issue_->set_issue_type(TextOf(walk_, value, "name"));
        } else if (key == "timespent") {
          SetSeconds(walk_, value, &v1::Issue::set_time_spent_s, issue_);
        } else {
          return false;
        }
        return true;
      case 10:
        if (key != "resolution") return false;
        issue_->set_resolution(TextOf(walk_, value, "name"));
        return true;
      case 11:
        if (key != "fixVersions") return false;
        walk_.Items(value, [this](JsonValue version) {
          if (const int64_t id = IdOf(walk_, version); id > 0) issue_->add_fix_version_ids(id);
        });
        return true;
      case 12:
        if (key != "timeestimate") return false;
        SetSeconds(walk_, value, &v1::Issue::set_remaining_estimate_s, issue_);
        return true;
      case 14:
        if (key != "resolutiondate") return false;
        issue_->set_resolved_ms(walk_.Time(value));
        return true;
      case 20:
        if (key != "timeoriginalestimate") return false;
        SetSeconds(walk_, value, &v1::Issue::set_original_estimate_s, issue_);
        return true;
      default:
        return false;
    }
  }

  bool ReadOfSeven(std::string_view key, JsonValue value) {
    if (key == "summary") {
      issue_->set_summary(walk_.Text(value));
    } else if (key == "created") {
      issue_->set_created_ms(walk_.Time(value));
      Mark(Seen::kCreated);
    } else if (key == "updated") {
      issue_->set_updated_ms(walk_.Time(value));
      Mark(Seen::kUpdated);
    } else if (key == "project") {
      ReadProject(walk_, value, issue_);
    } else if (key == "creator") {
      ReadPerson(walk_, value, &v1::Issue::mutable_creator, issue_);
    } else {
      return false;
    }
    return true;
  }

  bool ReadOfEight(std::string_view key, JsonValue value) {
    if (key == "reporter") {
      ReadPerson(walk_, value, &v1::Issue::mutable_reporter, issue_);
    } else if (key == "assignee") {
      ReadPerson(walk_, value, &v1::Issue::mutable_assignee, issue_);
    } else if (key == "priority") {
      issue_->set_priority(TextOf(walk_, value, "name"));
    } else {
      return false;
    }
    return true;
  }

  void ReadFurther(std::string_view key, JsonValue value) {
    if (!fields_->sprint.empty() && key == fields_->sprint) {
      ReadSprintIds(walk_, value, issue_);
    } else if (!fields_->story_points.empty() && key == fields_->story_points) {
      if (const auto points = walk_.Number(value)) issue_->set_story_points(*points);
    } else if (!fields_->extra.empty() && fields_->extra.contains(absl::string_view(key.data(), key.size()))) {
      (*issue_->mutable_fields())[std::string(key)] = std::string(walk_.Raw(value));
    }
  }

  void Mark(Seen field) { seen_ |= static_cast<unsigned>(field); }

  JsonWalk& walk_;
  const IssueFields* fields_;
  v1::Issue* issue_;
  unsigned seen_ = 0;
};

// What an item's texts would say in full elsewhere, and too much here.
bool HoldsProse(std::string_view field) {
  return field == "description" || field == "environment" || field == "Comment" || field == "comment";
}

bool IsNoise(const v1::FieldChange& change) {
  if (change.field().empty() && change.field_id().empty()) return true;
  if (change.field() == "Rank") return true;
  return change.from_id() == change.to_id() && change.from_text() == change.to_text() && !HoldsProse(change.field());
}

// Old shapes name only the field; for system fields its name is the id but for a few.
std::string SystemFieldId(const std::string& field) {
  if (field == "Fix Version") return "fixVersions";
  if (field == "Version") return "versions";
  if (field == "Component") return "components";
  return field;
}

struct RawItem {
  v1::FieldChange change;
  std::string type;
  std::string from_account;
  std::string to_account;
};

RawItem ReadItem(JsonWalk& walk, JsonValue value) {
  RawItem item;
  v1::FieldChange& change = item.change;
  walk.Fields(value, [&](std::string_view key, JsonValue member) {
    if (key == "field") {
      change.set_field(walk.Text(member));
    } else if (key == "fieldId") {
      change.set_field_id(walk.Text(member));
    } else if (key == "fieldtype") {
      item.type = walk.Text(member);
    } else if (key == "from") {
      change.set_from_id(walk.Text(member));
    } else if (key == "fromString") {
      change.set_from_text(walk.Text(member));
    } else if (key == "to") {
      change.set_to_id(walk.Text(member));
    } else if (key == "toString") {
      change.set_to_text(walk.Text(member));
    } else if (key == "tmpFromAccountId") {
      item.from_account = walk.Text(member);
    } else if (key == "tmpToAccountId") {
      item.to_account = walk.Text(member);
    }
  });
  return item;
}

void AddItem(JsonWalk& walk, JsonValue value, v1::History* history) {
  RawItem item = ReadItem(walk, value);
  v1::FieldChange& change = item.change;
  if (!item.from_account.empty()) change.set_from_id(std::move(item.from_account));
  if (!item.to_account.empty()) change.set_to_id(std::move(item.to_account));
  if (IsNoise(change)) return;
  if (change.field_id().empty() && item.type == "jira") change.set_field_id(SystemFieldId(change.field()));
  if (HoldsProse(change.field())) {
    change.clear_from_text();
    change.clear_to_text();
    change.clear_from_id();
    change.clear_to_id();
  }
  for (std::string* text :
       {change.mutable_from_text(), change.mutable_to_text(), change.mutable_from_id(), change.mutable_to_id()}) {
    text->resize(CutUtf8(*text, kMaxChangeText).size());
  }
  *history->add_changes() = std::move(change);
}

// True for an entity property sd.public.comment that says internal, or can't be understood.
bool SaysInternal(JsonWalk& walk, JsonValue property) {
  std::string name;
  bool internal = false;
  walk.Fields(property, [&](std::string_view key, JsonValue member) {
    if (key == "key") {
      name = walk.Text(member);
    } else if (key == "value") {
      const bool is_object = walk.Fields(member, [&](std::string_view inner, JsonValue flag) {
        if (inner == "internal") internal = walk.Bool(flag).value_or(true);
      });
      if (!is_object && !walk.IsNull(member)) internal = true;
    }
  });
  return internal && name == "sd.public.comment";
}

std::string AccountIdOf(JsonWalk& walk, JsonValue value) {
  v1::User user;
  ReadUser(walk, value, &user);
  return user.account_id();
}

}  // namespace

v1::StatusCategory StatusCategoryOf(std::string_view key) {
  if (key == "new" || key == "NEW" || key == "TODO") return v1::TO_DO;
  if (key == "indeterminate" || key == "INDETERMINATE" || key == "IN_PROGRESS") return v1::IN_PROGRESS;
  if (key == "done" || key == "DONE") return v1::DONE;
  return v1::STATUS_CATEGORY_UNSPECIFIED;
}

int64_t IssueIdIn(std::string_view self) {
  constexpr std::string_view kPart = "/issue/";
  const std::size_t at = self.find(kPart);
  if (at == std::string_view::npos) return 0;
  int64_t id = 0;
  const char* begin = self.data() + at + kPart.size();
  const char* end = self.data() + self.size();
  const auto result = std::from_chars(begin, end, id);
  if (result.ec != std::errc() || (result.ptr != end && *result.ptr != '/') || id < 0) return 0;
  return id;
}

void ReadUser(JsonWalk& walk, JsonValue value, v1::User* user, std::string* self) {
  walk.Fields(value, [&](std::string_view key, JsonValue member) {
    if (key == "accountId" || key == "accoundId") {  // the documentation's own example misspells it
      user->set_account_id(walk.Text(member));
      if (user->account_id() == "unknown") user->clear_account_id();
    } else if (key == "accountType") {
      user->set_account_type(walk.Text(member));
    } else if (key == "emailAddress") {
      std::string email = walk.Text(member);
      if (IsPlausibleEmail(email)) user->set_email(std::move(email));
    } else if (key == "displayName") {
      user->set_display_name(walk.Text(member));
    } else if (key == "active") {
      user->set_active(walk.Bool(member).value_or(false));
    } else if (self != nullptr && key == "self") {
      *self = walk.Text(member);
    }
  });
}

ReadIssueResult ReadIssue(JsonWalk& walk, JsonValue value, const IssueFields* fields, v1::Issue* issue) {
  ReadIssueResult result;
  walk.Fields(value, [&](std::string_view key, JsonValue member) {
    if (key == "id") {
      issue->set_id(walk.Integer(member));
    } else if (key == "key") {
      issue->set_key(walk.Text(member));
    } else if (key == "self") {
      result.self = walk.Text(member);
    } else if (key == "fields") {
      FieldReader reader(walk, fields, issue);
      result.has_fields = walk.Fields(member, reader);
      result.is_whole = reader.SawWhole();
    } else if (key == "changelog") {
      walk.Fields(member, [&](std::string_view inner, JsonValue histories) {
        if (inner != "histories") return;
        walk.Items(histories, [&](JsonValue history) { ReadHistory(walk, history, &result.histories.emplace_back()); });
      });
    }
  });
  if (issue->id() == 0) issue->set_id(IssueIdIn(result.self));
  if (issue->project_key().empty()) {
    const std::size_t dash = issue->key().rfind('-');
    if (dash != std::string::npos) issue->set_project_key(issue->key().substr(0, dash));
  }
  // Jira gives the newest first in some answers.
  std::ranges::stable_sort(result.histories, {}, &v1::History::created_ms);
  return result;
}

void ReadHistory(JsonWalk& walk, JsonValue value, v1::History* history) {
  walk.Fields(value, [&](std::string_view key, JsonValue member) {
    if (key == "id") {
      history->set_id(walk.Text(member));
    } else if (key == "created") {
      history->set_created_ms(walk.Time(member));
    } else if (key == "author") {
      history->set_author_account_id(AccountIdOf(walk, member));
    } else if (key == "items") {
      walk.Items(member, [&](JsonValue item) { AddItem(walk, item, history); });
    }
  });
}

ReadAuthored ReadComment(JsonWalk& walk, JsonValue value, std::size_t max_text, v1::Comment* comment) {
  ReadAuthored result;
  bool is_public = true;
  walk.Fields(value, [&](std::string_view key, JsonValue member) {
    if (key == "id") {
      comment->set_id(walk.Text(member));
    } else if (key == "self") {
      result.self = walk.Text(member);
    } else if (key == "author") {
      ReadUser(walk, member, comment->mutable_author());
    } else if (key == "updateAuthor") {
      result.update_author = AccountIdOf(walk, member);
    } else if (key == "body") {
      comment->set_text(RichToText(walk.Raw(member), max_text));
    } else if (key == "created") {
      comment->set_created_ms(walk.Time(member));
    } else if (key == "updated") {
      comment->set_updated_ms(walk.Time(member));
    } else if (key == "jsdPublic") {
      if (!walk.IsNull(member) && !walk.Bool(member).value_or(false)) is_public = false;
    } else if (key == "visibility") {
      if (!walk.IsNull(member)) is_public = false;
    } else if (key == "properties") {
      const bool is_list = walk.Items(member, [&](JsonValue property) {
        if (SaysInternal(walk, property)) is_public = false;
      });
      if (!is_list && !walk.IsNull(member)) is_public = false;
    }
  });
  comment->set_is_public(is_public);
  if (!is_public) comment->clear_text();  // nobody may be told it, so it isn't kept
  return result;
}

ReadAuthored ReadWorklog(JsonWalk& walk, JsonValue value, std::size_t /*max_text*/, v1::Worklog* worklog) {
  ReadAuthored result;
  walk.Fields(value, [&](std::string_view key, JsonValue member) {
    if (key == "id") {
      worklog->set_id(walk.Text(member));
    } else if (key == "self") {
      result.self = walk.Text(member);
    } else if (key == "issueId") {
      worklog->set_issue_id(walk.Integer(member));
    } else if (key == "author") {
      ReadUser(walk, member, worklog->mutable_author());
    } else if (key == "updateAuthor") {
      result.update_author = AccountIdOf(walk, member);
    } else if (key == "visibility") {
      worklog->set_restricted(!walk.IsNull(member));
    } else if (key == "started") {
      worklog->set_started_ms(walk.Time(member));
    } else if (key == "created") {
      worklog->set_created_ms(walk.Time(member));
    } else if (key == "updated") {
      worklog->set_updated_ms(walk.Time(member));
    } else if (key == "timeSpentSeconds") {
      worklog->set_time_spent_s(walk.Integer(member));
    }
  });
  if (worklog->issue_id() == 0) worklog->set_issue_id(IssueIdIn(result.self));
  return result;
}

std::string ReadVersion(JsonWalk& walk, JsonValue value, v1::Version* version) {
  std::string self;
  walk.Fields(value, [&](std::string_view key, JsonValue member) {
    if (key == "id") {
      version->set_id(walk.Integer(member));
    } else if (key == "self") {
      self = walk.Text(member);
    } else if (key == "name") {
      version->set_name(walk.Text(member));
    } else if (key == "projectId") {
      version->set_project_id(walk.Integer(member));
    } else if (key == "released") {
      version->set_released(walk.Bool(member).value_or(false));
    } else if (key == "archived") {
      version->set_archived(walk.Bool(member).value_or(false));
    } else if (key == "releaseDate") {  // userReleaseDate is for people: "09/Sep/20"
      version->set_release_date(walk.Text(member));
    } else if (key == "mergedTo") {
      version->set_merged_to(walk.IsObject(member) ? IdOf(walk, member) : walk.Integer(member));
    }
  });
  return self;
}

std::string ReadSprint(JsonWalk& walk, JsonValue value, v1::Sprint* sprint) {
  std::string self;
  walk.Fields(value, [&](std::string_view key, JsonValue member) {
    if (key == "id") {
      sprint->set_id(walk.Integer(member));
    } else if (key == "self") {
      self = walk.Text(member);
    } else if (key == "name") {
      sprint->set_name(walk.Text(member));
    } else if (key == "state") {
      sprint->set_state(walk.Text(member));
    } else if (key == "originBoardId") {
      sprint->set_board_id(walk.Integer(member));
    } else if (key == "startDate") {
      sprint->set_start_ms(walk.Time(member));
    } else if (key == "endDate") {
      sprint->set_end_ms(walk.Time(member));
    } else if (key == "completeDate") {
      sprint->set_complete_ms(walk.Time(member));
    }
  });
  return self;
}

}  // namespace tajo::jira
