// The starts that wait for the answer of a host that people keep.
#pragma once

#include <poll.h>

#include <vector>

#include "core/base/duration.hpp"
#include "core/service/services.hpp"
#include "keeper/service/kept_call.hpp"
#include "keeper/service/kept_service.hpp"

namespace holdfast {

class KeptStarts {
 public:
  // Asks the host whether the run may use the service, and lets the start wait for the answer.
  // False: there is no host, and nothing waits.
  bool ask(const ServiceOrder& start, const KeptService& kept);
  struct Answered {
    ServiceOrder start;
    KeptAnswer host;
  };
  std::vector<Answered> take_answered();
  // True: the start of the instance was waiting, and waits no more.
  bool stop_waiting(const InstanceId& id);

  // As in RunServices.
  void add_descriptors(std::vector<pollfd>& fds) const;
  Milliseconds due() const;
  void clear() { waiting_.clear(); }

 private:
  struct Waiting {
    ServiceOrder start;
    KeptCall call;
  };
  std::vector<Waiting> waiting_;
};

}  // namespace holdfast
