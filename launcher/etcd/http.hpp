// Makes HTTP requests by libcurl: many at once, in a loop that never waits for a single one.
#pragma once

#include <curl/curl.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/duration.hpp"
#include "core/cluster/cluster_settings.hpp"
#include "os/file/wait.hpp"

namespace holdfast::etcd {

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

}  // namespace holdfast::etcd
