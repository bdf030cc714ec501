// Makes calls to etcd: chooses the endpoint, and logs in. If a call is not served, its caller
// learns of it and decides when to ask again. The next call then goes to the next endpoint.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/duration.hpp"
#include "core/cluster/cluster_settings.hpp"
#include "etcd/etcd_replies.hpp"
#include "etcd/http.hpp"

namespace holdfast::etcd {

struct EtcdReply {
  std::string body;
  std::optional<Refusal> refusal;  // none: the call was served
};

class Etcd {
 public:
  // `password` comes from the environment.
  Etcd(Http& http, const ClusterSettings& settings, std::string password);

  using Id = std::uint64_t;
  using Done = std::function<void(const EtcdReply&)>;
  // Makes a call. `body` is JSON. `done` is called later, never from here.
  Id call(std::string_view path, std::string body, Done done);
  // Does the same with another patience than the calls about a lease have.
  Id call(std::string_view path, std::string body, Milliseconds patience, Done done);
  // Begins a watch. `on_line` gets lines until `done` is called or the watch is cancelled.
  Id watch(std::string body, std::function<void(std::string_view)> on_line, Done done);
  // Ends a call or a watch. Its functions are not called any more.
  void cancel(Id id);

  // Changes whenever an endpoint did not serve us. A watch from before that may be a connection
  // with nobody.
  unsigned failures() const { return failures_; }

 private:
  struct Call {
    std::string path;
    std::string body;
    Done done;
    std::function<void(std::string_view)> on_line;
    Milliseconds patience{0};  // 0: a watch
    bool had_new_token = false;
    Http::Id http = 0;  // 0: the call waits for a token
  };
  Id begin(Call call);
  void send(Id id);
  void answer(Id id, std::string_view url, const HttpAnswer& got);
  void finish(Id id, const EtcdReply& reply);
  void fail_over(std::string_view url);
  void seek_token();
  void had_token(const std::string& url, const HttpAnswer& got);
  const std::string& endpoint() const { return settings_.endpoints[at_]; }

  Http& http_;
  const ClusterSettings& settings_;
  std::string password_;
  std::string token_;
  bool needs_token_;
  bool seeks_token_ = false;
  bool has_answered_ = false;
  std::map<Id, Call> calls_;
  Id last_ = 0;
  std::size_t at_ = 0;
  unsigned failures_ = 0;
  unsigned at_fresh_ = 0;  // what failures_ was when a call was last served
};

}  // namespace holdfast::etcd
