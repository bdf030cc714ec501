#include "etcd/etcd.hpp"

#include "core/base/parts.hpp"
#include "core/base/printable.hpp"
#include "core/cluster/cluster_words.hpp"
#include "etcd/etcd_bodies.hpp"

namespace holdfast::etcd {
namespace {

std::optional<Refusal> refusal_of(const HttpAnswer& got) {
  if (got.trouble.empty()) return refusal_in(got.status, got.body);
  return Refusal{got.is_unusable ? Refusal::Kind::unusable : Refusal::Kind::later,
                 printable(got.trouble)};
}

}  // namespace

Etcd::Etcd(Http& http, const ClusterSettings& settings, std::string password)
    : http_(http),
      settings_(settings),
      password_(std::move(password)),
      needs_token_(!settings.user.empty()) {}

Etcd::Id Etcd::call(std::string_view path, std::string body, Done done) {
  return call(path, std::move(body), cluster::answer_patience(settings_.ttl), std::move(done));
}

Etcd::Id Etcd::call(std::string_view path, std::string body, Milliseconds patience, Done done) {
  return begin({std::string(path), std::move(body), std::move(done), {}, patience});
}

Etcd::Id Etcd::watch(std::string body, std::function<void(std::string_view)> on_line, Done done) {
  return begin({std::string(k_watch), std::move(body), std::move(done), std::move(on_line), {}});
}

Etcd::Id Etcd::begin(Call call) {
  calls_.emplace(++last_, std::move(call));
  const Id id = last_;
  if (needs_token_ && token_.empty()) {
    seek_token();
  } else {
    send(id);
  }
  return id;
}

void Etcd::cancel(Id id) {
  const auto found = calls_.find(id);
  if (found == calls_.end()) return;
  http_.cancel(found->second.http);
  calls_.erase(found);
}

void Etcd::send(Id id) {
  Call& call = calls_.at(id);
  HttpRequest request;
  request.url = endpoint() + call.path;
  request.body = call.body;
  request.token = token_;
  request.patience = call.patience;
  request.wants_fresh = failures_ > 0 && at_fresh_ != failures_;
  request.on_line = call.on_line;
  request.on_end = [this, id, url = request.url](const HttpAnswer& got) { answer(id, url, got); };
  call.http = http_.post(std::move(request));
}

void Etcd::answer(Id id, std::string_view url, const HttpAnswer& got) {
  Call& call = calls_.at(id);
  EtcdReply reply;
  reply.body = got.body;
  if (got.trouble.empty()) {
    at_fresh_ = failures_;
    has_answered_ = true;
  }
  // The lines of a watch that was served are gone when it ends.
  const bool was_watch = call.on_line && got.trouble.empty() && got.status == k_http_ok;
  if (was_watch) return finish(id, reply);
  reply.refusal = refusal_of(got);
  // Another endpoint may be written right, and a certificate may be missing while it is replaced.
  const bool may_pass = has_answered_ || settings_.endpoints.size() > 1;
  if (reply.refusal && reply.refusal->kind == Refusal::Kind::unusable && may_pass) {
    reply.refusal->kind = Refusal::Kind::later;
  }
  // It may be cut off from the others, or be none: another endpoint may serve us.
  if (reply.refusal && reply.refusal->kind == Refusal::Kind::later) fail_over(url);
  const bool is_unknown = reply.refusal && reply.refusal->kind == Refusal::Kind::who_are_you;
  if (is_unknown && !settings_.user.empty() && !std::exchange(call.had_new_token, true)) {
    // etcd may have had no users until now.
    needs_token_ = true;
    call.http = 0;
    token_.clear();
    return seek_token();
  }
  if (is_unknown) {
    reply.refusal->kind = Refusal::Kind::never;
    if (settings_.user.empty()) reply.refusal->words += "; [cluster] has no `user`";
  }
  finish(id, reply);
}

void Etcd::finish(Id id, const EtcdReply& reply) {
  const auto found = calls_.find(id);
  if (found == calls_.end()) return;
  const Done done = std::move(found->second.done);
  calls_.erase(found);
  done(reply);
}

void Etcd::fail_over(std::string_view url) {
  ++failures_;
  // Several calls may have failed at one endpoint.
  if (url.starts_with(endpoint() + "/v3/")) at_ = (at_ + 1) % settings_.endpoints.size();
}

void Etcd::seek_token() {
  if (std::exchange(seeks_token_, true)) return;
  HttpRequest request;
  request.url = endpoint() + std::string(k_authenticate);
  request.body = authenticate_body(settings_.user, password_);
  request.patience = cluster::answer_patience(settings_.ttl);
  request.on_end = [this, url = request.url](const HttpAnswer& got) { had_token(url, got); };
  http_.post(std::move(request));
}

void Etcd::had_token(const std::string& url, const HttpAnswer& got) {
  seeks_token_ = false;
  std::optional<Refusal> refusal = refusal_of(got);
  if (refusal && refusal->kind == Refusal::Kind::later) fail_over(url);
  token_ = token_in(got.body);
  if (refusal && refusal->kind == Refusal::Kind::no_users) {
    refusal.reset();
    needs_token_ = false;
  } else if (refusal && refusal->kind == Refusal::Kind::never) {
    refusal->words = text_of({"as user \"", settings_.user, "\": ", refusal->words});
  }
  std::vector<Id> waiting;
  for (const auto& [id, call] : calls_) {
    if (call.http == 0) waiting.push_back(id);
  }
  for (const Id id : waiting) {
    if (calls_.count(id) == 0) continue;
    if (refusal) {
      finish(id, {{}, refusal});
    } else {
      send(id);
    }
  }
}

}  // namespace holdfast::etcd
