// A probe finds out once whether a service answers. That takes as long as the service takes to
// answer.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/duration.hpp"
#include "os/file/descriptors.hpp"
#include "os/process/bounded_work.hpp"
#include "values/service_spec.hpp"

namespace holdfast::host {

// The result of a probe.
struct ProbeAnswer {
  enum class Kind : std::uint8_t {
    well,    // the service answered
    unwell,  // it did not, or not as it should; a later probe may find it well
    never,   // somebody else has its port or socket, or there can be no such place
  };
  Kind kind = Kind::unwell;
  std::string why = {};  // in words, if it is not well
};

// A probe never waits: the host's loop gives it its turns. This class has its answer from the
// beginning.
class Probe {
 public:
  // The answer is `known`, unless a class derived from this one finds another.
  explicit Probe(ProbeAnswer known = {}) : answer_(std::move(known)) {}
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;
  virtual ~Probe() = default;

  // Adds what the next turn waits for.
  virtual void join(os::Wait& /*wait*/) const {}
  // Takes a turn. True: answer() is there.
  virtual bool go_on() { return true; }
  // Ends the probe, whose time is over: answer() is `unwell`. `why` says so in words, and may be
  // empty. The probe adds what it knows.
  virtual void give_up(const std::string& why) { conclude(ProbeAnswer::Kind::unwell, why); }
  const ProbeAnswer& answer() const { return answer_; }

 protected:
  bool conclude(ProbeAnswer::Kind kind, std::string why = {}) {
    answer_ = {kind, std::move(why)};
    return true;
  }

 private:
  ProbeAnswer answer_;
};

// What a probe needs to know of the instance.
struct Probed {
  // The living processes of its tree.
  std::function<std::vector<pid_t>()> processes;
  // The rest is for commands.
  std::vector<std::string> environment;  // `NAME=VALUE`
  std::string directory;
  ServiceCommand before = {};  // words that stand before each command
};

// A command of the service, ended after `time`.
os::BoundedOrder order_of(const ServiceCommand& words, const Probed& whom, Milliseconds time);

// Makes a probe. The placeholders of `what` are filled in. If `what` is empty, the service is well
// unless one of its processes is stopped. A command is ended after `patience`.
std::unique_ptr<Probe> begin_probe(const ServiceProbe& what, const Probed& whom,
                                   Milliseconds patience);

// Makes a probe that is well unless a stranger listens on the port, or a process is stopped. It
// makes no connection.
std::unique_ptr<Probe> begin_owner_probe(std::uint16_t port, const Probed& whom);

}  // namespace holdfast::host
