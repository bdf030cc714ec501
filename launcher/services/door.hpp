// The socket of a service that people keep. Runs and `holdfast service` connect to it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/message.hpp"
#include "base/result.hpp"
#include "os/file/descriptors.hpp"

namespace holdfast::host {

class Door {
 public:
  // Listens at `path`. Waits a moment for the guard of a host that was killed. Fails if another
  // host listens there.
  static Result<Door> open(const std::string& path);

  void join(os::Wait& wait) const;
  // Accepts a new connection, and calls `use` with each message that has come and the connection on
  // which it came. `use` may take the connection. Does not wait.
  using Use = std::function<void(os::UniqueFd& visitor, const wire::Message& message)>;
  void hear(const Use& use);
  // To be called by the host, when nothing is left of the service.
  void remove();

 private:
  std::string path_;
  os::UniqueFd listener_;
  std::vector<os::UniqueFd> visitors_;
};

}  // namespace holdfast::host
