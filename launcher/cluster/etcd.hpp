// Calls to etcd, by its gateway for HTTP. Nothing here waits for a single call.
#pragma once

#include <curl/curl.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/duration.hpp"
#include "cluster/etcd_messages.hpp"
#include "os/file/descriptors.hpp"
#include "values/cluster_settings.hpp"

namespace holdfast::etcd {

// --- HTTP -----------------------------------------------------------------------------------

inline constexpr long k_http_ok = 200;

struct HttpAnswer {
  long status = 0;
  std::string body;          // empty for a stream that was served
  std::string trouble;       // why no answer came; empty: one came
  bool is_unusable = false;  // the address or a certificate's file can never work
};

struct HttpRequest {
  std::string url;
  std::string body;
  std::string token;         // for the header `Authorization`; empty: none
  Milliseconds patience{0};  // 0: a stream, which has no limit of time
  bool wants_fresh = false;  // use a new connection, because the last one may be dead
  std::function<void(std::string_view)> on_line = {};  // for a stream
  std::function<void(const HttpAnswer&)> on_end;
};

// Makes requests by libcurl, many at once.
class Http {
 public:
  // Identifies a request. No two requests have the same number; 0 is none.
  using Id = std::uint64_t;

  explicit Http(const ClusterSettings& settings);
  ~Http();
  Http(const Http&) = delete;
  Http& operator=(const Http&) = delete;

  // Sends a POST. The functions of the request are called by work(), never from here.
  Id post(HttpRequest request);
  // Ends a request. Its functions are not called any more. Does nothing if the request is over.
  void cancel(Id id);

  // Waits as `wait` says, or until a transfer goes on.
  void wait(const os::Wait& wait);
  // Goes on with all transfers, and calls the functions of those with news.
  void work();

 private:
  struct Transfer {
    Id id = 0;
    HttpRequest request;
    CURL* handle = nullptr;
    curl_slist* headers = nullptr;
    std::string received;
    std::string trouble;  // the room for CURLOPT_ERRORBUFFER
    ~Transfer();
  };
  static std::size_t receive(char* bytes, std::size_t size, std::size_t count, void* transfer);
  void set_up(Transfer& transfer) const;
  void deliver_lines(Id id);
  void end(CURL* handle, CURLcode code);

  const ClusterSettings& settings_;
  CURLM* multi_;
  std::map<Id, std::unique_ptr<Transfer>> transfers_;
  Id last_ = 0;
};

// --- etcd -----------------------------------------------------------------------------------

struct EtcdReply {
  std::string body;
  std::optional<Refusal> refusal;  // none: the call was served
};

// Makes calls: chooses the endpoint, and logs in. If a call is not served, its caller learns of it
// and decides when to ask again. The next call then goes to the next endpoint.
class Etcd {
 public:
  // `password` comes from the environment.
  Etcd(Http& http, const ClusterSettings& settings, std::string password);

  using Id = std::uint64_t;
  using Done = std::function<void(const EtcdReply&)>;
  // Makes a call. `body` is JSON. `done` is called later, never from here. Without a patience it is
  // that of the calls about a lease.
  Id call(std::string_view path, std::string body, Done done,
          std::optional<Milliseconds> patience = {});
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
    HttpRequest request;  // what is the same for each endpoint and token
    Done done;
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
