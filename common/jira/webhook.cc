#include "common/jira/webhook.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/base/error.h"
#include "common/jira/shapes.h"
#include "common/jira/webhook_kinds.h"
#include "common/jira/webhook_parts.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::jira {
namespace {

// Makes the events of one body from its parts.
class EventBuilder {
 public:
  EventBuilder(WebhookParts& parts, const NormaliseOptions& options, Normalised& out)
      : parts_(parts), options_(options), out_(out) {}

  void Build(const WebhookKind& kind) {
    switch (kind.subject) {
      case Subject::kIssue:
        AddIssue(kind);
        break;
      case Subject::kComment:
        AddComment(static_cast<v1::ChangeKind>(kind.change));
        break;
      case Subject::kWorklog:
        AddWorklog(kind);
        break;
      case Subject::kVersion:
        AddVersion(kind);
        break;
      case Subject::kSprint:
        AddSprint(kind);
        break;
      case Subject::kProject:
        AddProject(kind);
        break;
      case Subject::kUser:
        AddUser(kind);
        break;
      case Subject::kIssueLink:
        AddIssueLink(kind);
        break;
      case Subject::kAttachment:
        AddAttachment(kind);
        break;
      case Subject::kProperty:
        AddProperty(kind);
        break;
      case Subject::kNobody:
        break;
    }
  }

 private:
  v1::Event& Add(const std::string& actor) {
    v1::Event& event = out_.events.emplace_back();
    event.set_source(v1::Event::SOURCE_WEBHOOK);
    event.set_received_ms(options_.received_ms);
    event.set_occurred_ms(parts_.timestamp_ms);
    event.set_webhook_event(out_.webhook_event);
    event.set_actor_account_id(actor);
    return event;
  }

  void AddHint() {
    if (parts_.issue.id() == 0 && parts_.issue.key().empty()) return;
    v1::IssueHint* hint = Add(parts_.user.account_id()).mutable_hint();
    hint->set_issue_id(parts_.issue.id());
    hint->set_issue_key(parts_.issue.key());
  }

  void AddIssue(const WebhookKind& kind) {
    if (parts_.issue.id() == 0) {
      AddHint();
      return;
    }
    // The comment first: the issue's parts are moved away below.
    const bool has_comment = parts_.has_comment && !parts_.comment.id().empty();
    v1::Event& event = Add(parts_.user.account_id());
    v1::IssueChange* change = event.mutable_issue();
    change->set_kind(static_cast<v1::ChangeKind>(kind.change));
    change->set_issue_event_type(parts_.issue_event_type);
    if (parts_.has_history && parts_.history.changes_size() > 0) {
      *change->mutable_history() = std::move(parts_.history);
      change->mutable_history()->set_author_account_id(parts_.user.account_id());
      change->mutable_history()->set_created_ms(parts_.timestamp_ms);
    }
    if (has_comment || parts_.has_worklog) {
      *change->mutable_issue() = parts_.issue;
    } else {
      *change->mutable_issue() = std::move(parts_.issue);
    }
    if (has_comment && kind.change != v1::DELETED) AddComment(CommentKind());
    if (parts_.has_worklog && !parts_.worklog.id().empty()) {
      AddWorklog({Subject::kWorklog, v1::UPDATED});
    }
  }

  // What an issue's webhook says of the comment inside it. The deletion of a comment brings none.
  v1::ChangeKind CommentKind() const {
    if (parts_.issue_event_type == "issue_commented") return v1::CREATED;
    if (parts_.issue_event_type == "issue_comment_edited") return v1::UPDATED;
    if (parts_.issue_event_type == "issue_comment_deleted") return v1::DELETED;
    return parts_.comment.created_ms() == parts_.comment.updated_ms() ? v1::CREATED : v1::UPDATED;
  }

  void AddComment(v1::ChangeKind kind) {
    if (!parts_.has_comment || parts_.comment.id().empty()) {
      AddHint();
      return;
    }
    if (parts_.issue.id() == 0) parts_.issue.set_id(IssueIdIn(parts_.comment_links.self));
    const std::string& author = parts_.comment_links.update_author.empty() ? parts_.comment.author().account_id()
                                                                           : parts_.comment_links.update_author;
    v1::CommentChange* change = Add(author).mutable_comment();
    change->set_kind(kind);
    *change->mutable_comment() = std::move(parts_.comment);
    *change->mutable_issue() = std::move(parts_.issue);
  }

  void AddWorklog(const WebhookKind& kind) {
    if (!parts_.has_worklog || parts_.worklog.id().empty()) {
      AddHint();
      return;
    }
    if (parts_.worklog.issue_id() == 0) parts_.worklog.set_issue_id(parts_.issue.id());
    const std::string& author = parts_.worklog_links.update_author.empty() ? parts_.worklog.author().account_id()
                                                                           : parts_.worklog_links.update_author;
    v1::WorklogChange* change = Add(author).mutable_worklog();
    change->set_kind(static_cast<v1::ChangeKind>(kind.change));
    *change->mutable_worklog() = std::move(parts_.worklog);
  }

  void AddVersion(const WebhookKind& kind) {
    if (parts_.version.id() == 0) return;
    v1::VersionChange* change = Add(parts_.user.account_id()).mutable_version();
    change->set_kind(static_cast<v1::VersionChange::Kind>(kind.change));
    if (parts_.version.merged_to() == 0) parts_.version.set_merged_to(parts_.merged_to);
    // A merge is announced as jira:version_merged or as a deletion that names its target.
    if (kind.change == v1::VersionChange::KIND_DELETED && parts_.version.merged_to() != 0) {
      change->set_kind(v1::VersionChange::KIND_MERGED);
    }
    *change->mutable_version() = std::move(parts_.version);
  }

  void AddSprint(const WebhookKind& kind) {
    if (parts_.sprint.id() == 0) return;
    v1::SprintChange* change = Add(parts_.user.account_id()).mutable_sprint();
    change->set_kind(static_cast<v1::SprintChange::Kind>(kind.change));
    *change->mutable_sprint() = std::move(parts_.sprint);
  }

  void AddProject(const WebhookKind& kind) {
    if (parts_.project_id == 0 && parts_.project_key.empty()) return;
    v1::ProjectChange* change = Add(parts_.user.account_id()).mutable_project();
    change->set_kind(static_cast<v1::ProjectChange::Kind>(kind.change));
    change->set_project_id(parts_.project_id);
    change->set_project_key(std::move(parts_.project_key));
    change->set_name(std::move(parts_.project_name));
  }

  void AddUser(const WebhookKind& kind) {
    if (parts_.user.account_id().empty()) return;
    v1::UserChange* change = Add({}).mutable_user();  // who did it isn't said
    change->set_kind(static_cast<v1::ChangeKind>(kind.change));
    *change->mutable_user() = std::move(parts_.user);
  }

  void AddIssueLink(const WebhookKind& kind) {
    if (parts_.link.link_id() == 0 && parts_.link.source_issue_id() == 0) return;
    v1::IssueLinkChange* change = Add(parts_.user.account_id()).mutable_issue_link();
    *change = std::move(parts_.link);
    change->set_kind(static_cast<v1::ChangeKind>(kind.change));
  }

  void AddAttachment(const WebhookKind& kind) {
    if (parts_.attachment_id == 0) return;
    v1::AttachmentChange* change = Add(parts_.attachment_author.account_id()).mutable_attachment();
    change->set_kind(static_cast<v1::ChangeKind>(kind.change));
    change->set_attachment_id(parts_.attachment_id);
    change->set_issue_id(parts_.issue.id());
  }

  void AddProperty(const WebhookKind& kind) {
    if (parts_.property_key.empty()) return;
    v1::PropertyChange* change = Add(parts_.user.account_id()).mutable_property();
    change->set_kind(static_cast<v1::ChangeKind>(kind.change));
    change->set_key(std::move(parts_.property_key));
    change->set_issue_id(parts_.issue.id() != 0 ? parts_.issue.id() : IssueIdIn(parts_.property_self));
  }

  WebhookParts& parts_;
  const NormaliseOptions& options_;
  Normalised& out_;
};

// The kind of a body that doesn't name it.
std::string_view InferEvent(const WebhookParts& parts) {
  if (parts.has_issue && !parts.has_comment) {
    if (parts.issue_event_type == "issue_created") return "jira:issue_created";
    if (parts.issue_event_type == "issue_deleted") return "jira:issue_deleted";
    return "jira:issue_updated";
  }
  if (parts.has_comment) {
    return parts.comment.created_ms() == parts.comment.updated_ms() ? "comment_created" : "comment_updated";
  }
  if (parts.has_worklog) return "worklog_updated";
  if (parts.version.id() != 0) return "jira:version_updated";
  if (parts.sprint.id() != 0) return "sprint_updated";
  return {};
}

}  // namespace

class WebhookNormaliser::Reader {
 public:
  absl::StatusOr<Normalised> Normalise(std::string_view body, const NormaliseOptions& options) {
    WebhookParts parts;
    bool is_object = false;
    const bool is_json = ReadDocument(
        tokens_, body, [&](JsonWalk& walk, JsonValue root) { is_object = ReadParts(walk, root, options, parts); });
    if (body.size() > kKeepBytes) tokens_ = JsonTokens();  // they take four times as much
    if (!is_json || !is_object) {
      return base::Error(v1::WEBHOOK_UNREADABLE,
                         "the webhook's body isn't a JSON object; Jira sent something else, or "
                         "a proxy cut it");
    }
    Normalised out;
    out.webhook_event = std::move(parts.webhook_event);
    if (out.webhook_event.empty()) {
      out.webhook_event = std::string(InferEvent(parts));
      out.inferred = !out.webhook_event.empty();
    }
    FindSite(parts, out);
    out.matched_webhook_ids = std::move(parts.matched_webhook_ids);
    if (const auto kind = KindOf(out.webhook_event)) {
      out.recognised = true;
      // A part of an issue must not be mistaken for one whose other fields are empty.
      parts.issue.set_partial(!parts.issue_is_whole);
      EventBuilder(parts, options, out).Build(*kind);
    }
    return out;
  }

 private:
  static constexpr std::size_t kKeepBytes = 1u << 20;

  static void FindSite(const WebhookParts& parts, Normalised& out) {
    for (const std::string* link :
         {&parts.issue_self, &parts.comment_links.self, &parts.worklog_links.self, &parts.version_self,
          &parts.sprint_self, &parts.project_self, &parts.property_self, &parts.other_self, &parts.user_self}) {
      SiteOf(*link, out.site_host, out.cloud_id);
      if (!out.site_host.empty() || !out.cloud_id.empty()) return;
    }
  }

  JsonTokens tokens_;
};

WebhookNormaliser::WebhookNormaliser() : reader_(std::make_unique<Reader>()) {}
WebhookNormaliser::~WebhookNormaliser() = default;

absl::StatusOr<Normalised> WebhookNormaliser::Normalise(std::string_view body, const NormaliseOptions& options) {
  return reader_->Normalise(body, options);
}

absl::StatusOr<Normalised> NormaliseWebhook(std::string_view body, const NormaliseOptions& options) {
  WebhookNormaliser normaliser;
  return normaliser.Normalise(body, options);
}

}  // namespace tajo::jira
