#include "cluster/etcd.hpp"

#include "cluster/cluster_wire.hpp"

namespace holdfast::etcd {
namespace {

// For a stream; another request has its own patience for all together. The name of a host is looked
// up and TLS agrees on keys within that.
constexpr Milliseconds k_connect_patience{5000};
// curl_multi_poll() has no time that is for ever.
constexpr int k_longest_wait_ms = 3'600'000;
// An answer has the keys of one lock. More is no answer of ours.
constexpr std::size_t k_most_received = 16U << 20U;

long status_of(CURL* handle) {
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  return status;
}

// The part of the URL that people have written: the paths of calls begin with `/v3/`.
std::string_view address_of(std::string_view url) { return url.substr(0, url.find("/v3/")); }

void set_text(CURL* handle, CURLoption option, const std::string& text) {
  if (!text.empty()) curl_easy_setopt(handle, option, text.c_str());
}

}  // namespace

Http::Transfer::~Transfer() {
  curl_easy_cleanup(handle);
  curl_slist_free_all(headers);
}

Http::Http(const ClusterSettings& settings) : settings_(settings) {
  curl_global_init(CURL_GLOBAL_DEFAULT);
  multi_ = curl_multi_init();
  // Each waiter has a connection; those of calls are used again.
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, 16L);
}

Http::~Http() {
  for (auto& [id, transfer] : transfers_) curl_multi_remove_handle(multi_, transfer->handle);
  transfers_.clear();
  curl_multi_cleanup(multi_);
  curl_global_cleanup();
}

std::size_t Http::receive(char* bytes, std::size_t size, std::size_t count, void* transfer) {
  auto* const own = static_cast<Transfer*>(transfer);
  const std::size_t length = size * count;
  if (own->received.size() + length > k_most_received) return 0;
  own->received.append(bytes, length);
  return length;
}

void Http::set_up(Transfer& transfer) const {
  CURL* const handle = transfer.handle;
  const HttpRequest& request = transfer.request;
  curl_easy_setopt(handle, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE, static_cast<long>(request.body.size()));
  curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request.body.c_str());
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &Http::receive);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(handle, CURLOPT_PRIVATE, &transfer);
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, transfer.trouble.data());
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  // A proxy of the environment is for the web, not for the machine room.
  curl_easy_setopt(handle, CURLOPT_NOPROXY, "*");
  const Milliseconds connect = request.on_line ? k_connect_patience : request.patience;
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(connect.count()));
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(request.patience.count()));
  curl_easy_setopt(handle, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(handle, CURLOPT_TCP_KEEPIDLE, 5L);
  curl_easy_setopt(handle, CURLOPT_TCP_KEEPINTVL, 5L);
  if (request.wants_fresh) curl_easy_setopt(handle, CURLOPT_FRESH_CONNECT, 1L);
  transfer.headers = curl_slist_append(nullptr, "Content-Type: application/json");
  if (!request.token.empty()) {
    const std::string header = "Authorization: " + request.token;
    transfer.headers = curl_slist_append(transfer.headers, header.c_str());
  }
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, transfer.headers);
  set_text(handle, CURLOPT_CAINFO, settings_.ca);
  set_text(handle, CURLOPT_SSLCERT, settings_.cert);
  set_text(handle, CURLOPT_SSLKEY, settings_.key);
}

Http::Id Http::post(HttpRequest request) {
  auto transfer = std::make_unique<Transfer>();
  transfer->id = ++last_;
  transfer->request = std::move(request);
  transfer->trouble.assign(CURL_ERROR_SIZE, '\0');
  transfer->handle = curl_easy_init();
  set_up(*transfer);
  curl_multi_add_handle(multi_, transfer->handle);
  transfers_.emplace(last_, std::move(transfer));
  return last_;
}

void Http::cancel(Id id) {
  const auto found = transfers_.find(id);
  if (found == transfers_.end()) return;
  curl_multi_remove_handle(multi_, found->second->handle);
  transfers_.erase(found);
}

void Http::wait(const os::Wait& wait) {
  std::vector<curl_waitfd> fds;
  for (const pollfd& one : wait.descriptors()) fds.push_back({one.fd, CURL_WAIT_POLLIN, 0});
  const int patience = wait.time_left();
  curl_multi_poll(multi_, fds.data(), static_cast<unsigned>(fds.size()),
                  patience < 0 ? k_longest_wait_ms : patience, nullptr);
}

void Http::work() {
  int running = 0;
  curl_multi_perform(multi_, &running);
  std::vector<Id> streams;
  for (const auto& [id, transfer] : transfers_) {
    if (!transfer->request.on_line || transfer->received.empty()) continue;
    if (status_of(transfer->handle) == k_http_ok) streams.push_back(id);
  }
  for (const Id id : streams) deliver_lines(id);
  int left = 0;
  while (const CURLMsg* const message = curl_multi_info_read(multi_, &left)) {
    end(message->easy_handle, message->data.result);  // libcurl has no message but CURLMSG_DONE
  }
}

void Http::deliver_lines(Id id) {
  while (true) {
    const auto found = transfers_.find(id);  // a line may have cancelled it
    if (found == transfers_.end()) return;
    std::string& received = found->second->received;
    const std::size_t end = received.find('\n');
    if (end == std::string::npos) return;
    const std::string line = received.substr(0, end);
    received.erase(0, end + 1);
    if (line.empty()) continue;
    // A copy: the function may cancel the transfer that it belongs to.
    const auto on_line = found->second->request.on_line;
    on_line(line);
  }
}

void Http::end(CURL* handle, CURLcode code) {
  Transfer* own = nullptr;
  curl_easy_getinfo(handle, CURLINFO_PRIVATE, &own);
  HttpAnswer answer;
  answer.status = status_of(handle);
  if (code != CURLE_OK) {
    answer.trouble = own->trouble.c_str();
    if (answer.trouble.empty()) answer.trouble = curl_easy_strerror(code);
    // OpenSSL's own words follow in lines of their own.
    answer.trouble.resize(std::min(answer.trouble.size(), answer.trouble.find('\n')));
    answer.trouble = text_of({address_of(own->request.url), ": ", answer.trouble});
    answer.is_unusable = code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL ||
                         code == CURLE_SSL_CACERT_BADFILE || code == CURLE_SSL_CERTPROBLEM;
  }
  answer.body = std::move(own->received);
  const auto on_end = std::move(own->request.on_end);
  curl_multi_remove_handle(multi_, handle);
  transfers_.erase(own->id);
  on_end(answer);
}

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

Etcd::Id Etcd::call(std::string_view path, std::string body, Done done,
                    std::optional<Milliseconds> patience) {
  HttpRequest request;
  request.body = std::move(body);
  request.patience = patience.value_or(cluster::answer_patience(settings_.ttl));
  return begin({std::string(path), std::move(request), std::move(done)});
}

Etcd::Id Etcd::watch(std::string body, std::function<void(std::string_view)> on_line, Done done) {
  HttpRequest request;
  request.body = std::move(body);
  request.on_line = std::move(on_line);
  return begin({std::string(k_watch), std::move(request), std::move(done)});
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
  HttpRequest request = call.request;
  request.url = endpoint() + call.path;
  request.token = token_;
  request.wants_fresh = failures_ > 0 && at_fresh_ != failures_;
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
  const bool was_watch = call.request.on_line && got.trouble.empty() && got.status == k_http_ok;
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

void Etcd::finish(Id id, const EtcdReply& reply) { calls_.extract(id).mapped().done(reply); }

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
