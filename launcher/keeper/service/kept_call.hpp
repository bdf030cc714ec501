// A question to the host of a service that people keep. It does not wait, because a host that is
// stopped answers late or never.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "core/base/duration.hpp"
#include "core/settings/host_wire.hpp"
#include "os/file/unique_fd.hpp"

namespace holdfast {

struct KeptAnswer {
  os::UniqueFd connection;  // invalid: no host answers
  bool is_busy = false;     // another run uses the service
  wire::KeptState state;    // if it is not busy
};

class KeptCall {
 public:
  // Connects to the host that listens at `socket`, and sends it a message without fields. An answer
  // for another service is none, unless `service` is empty.
  KeptCall(const std::string& socket, std::string service, std::string_view kind);

  // False: nobody listens there, or the call has ended without an answer.
  bool is_connected() const { return answer_.connection.valid(); }
  // Readable when look() has something to do.
  int fd() const { return answer_.connection.get(); }
  // When look() has something to do even without an answer, on the clock of monotonic_now().
  Milliseconds due() const;
  // True: the host has answered, is gone, or took too long. Wakes a host that is late, because it
  // may be stopped.
  bool look();
  KeptAnswer take_answer() { return std::move(answer_); }

 private:
  void hear();

  std::string service_;
  KeptAnswer answer_;
  Milliseconds wake_at_ = k_longest;
  Milliseconds until_ = k_longest;
};

}  // namespace holdfast
