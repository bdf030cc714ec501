// An etcd of a test's own, in the test's own thread: it notes what it is asked, and answers as its
// rule says.
#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <functional>
#include <list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "os/file/descriptors.hpp"
#include "os/network/sockets.hpp"

namespace holdfast::etcd {

class FakeEtcd {
 public:
  struct Call {
    std::string path;
    nlohmann::json body;
    std::string token;  // of the header `Authorization`; empty: there is none
  };
  struct Answer {
    int status = 200;
    std::string text;
    bool goes_on = false;  // a stream, which begins with the text
  };
  // None: the caller has to wait. The rule is asked again at the next turn.
  using Rule = std::function<std::optional<Answer>(const Call&)>;

  FakeEtcd()
      : rule_([](const Call&) {
          return Answer{200, "{}"};
        }),
        listener_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    sockaddr_in own{};
    own.sin_family = AF_INET;
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&own), sizeof own), 0);
    EXPECT_EQ(::listen(listener_.get(), 16), 0);
  }

  void obey(Rule rule) { rule_ = std::move(rule); }
  std::string endpoint() const {
    return "http://127.0.0.1:" + std::to_string(os::own_port(listener_));
  }
  const std::vector<Call>& calls() const { return calls_; }
  std::vector<Call> calls_of(std::string_view path) const {
    std::vector<Call> found;
    for (const Call& call : calls_) {
      if (call.path == path) found.push_back(call);
    }
    return found;
  }
  // How many connections there were.
  unsigned connections() const { return connections_; }

  // Takes and answers what has come. Never waits.
  void work() {
    while (true) {
      os::UniqueFd socket(
          ::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (!socket.valid()) break;
      ++connections_;
      callers_.push_back({std::move(socket)});
    }
    callers_.remove_if([&](Caller& caller) { return !serve(caller); });
  }
  void join(os::Wait& wait) const {
    wait.on(listener_.get());
    for (const Caller& caller : callers_) wait.on(caller.socket.get());
  }

 private:
  struct Caller {
    os::UniqueFd socket;
    std::string received = {};
    std::optional<Call> asked = {};
    std::string to_send = {};
  };

  // False: the caller has gone.
  bool serve(Caller& caller) {
    char part[4096];
    ssize_t got = 0;
    while ((got = ::recv(caller.socket.get(), part, sizeof part, 0)) > 0) {
      caller.received.append(part, static_cast<std::size_t>(got));
    }
    if (got == 0) return false;
    if (!caller.to_send.empty()) return send_some(caller);
    if (!caller.asked) take_call(caller);
    if (!caller.asked) return true;
    const std::optional<Answer> answer = rule_(*caller.asked);
    if (!answer) return true;
    caller.asked.reset();
    std::string text = "HTTP/1.1 " + std::to_string(answer->status) + " so it is\r\n";
    if (!answer->goes_on) {
      text += "Content-Length: " + std::to_string(answer->text.size()) + "\r\n";
    }
    caller.to_send = text + "\r\n" + answer->text;
    return send_some(caller);
  }

  // As much as there is room for. False: the caller has gone.
  static bool send_some(Caller& caller) {
    const ssize_t sent =
        ::send(caller.socket.get(), caller.to_send.data(), caller.to_send.size(), MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN;
    caller.to_send.erase(0, static_cast<std::size_t>(sent));
    return true;
  }

  void take_call(Caller& caller) {
    constexpr std::string_view k_length = "Content-Length: ";
    constexpr std::string_view k_token = "Authorization: ";
    const std::size_t head = caller.received.find("\r\n\r\n");
    const std::size_t length_at = caller.received.find(k_length);
    if (head == std::string::npos || length_at > head) return;
    const std::string_view rest = std::string_view(caller.received);
    const auto length =
        leading_number<std::size_t>(rest.substr(length_at + k_length.size())).value_or(0);
    if (rest.size() < head + 4 + length) return;
    Call call;
    const std::size_t path = rest.find(' ') + 1;
    call.path = rest.substr(path, rest.find(' ', path) - path);
    if (const std::size_t token = rest.find(k_token); token < head) {
      const std::size_t begin = token + k_token.size();
      call.token = rest.substr(begin, rest.find("\r\n", begin) - begin);
    }
    call.body = nlohmann::json::parse(rest.substr(head + 4, length), nullptr, false);
    caller.received.erase(0, head + 4 + length);
    calls_.push_back(call);
    caller.asked = std::move(call);
  }

  Rule rule_;
  os::UniqueFd listener_;
  std::list<Caller> callers_;
  unsigned connections_ = 0;
  std::vector<Call> calls_;
};

}  // namespace holdfast::etcd
