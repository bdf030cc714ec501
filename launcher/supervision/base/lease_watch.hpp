// What may be lost while this process waits for something else: the lease of locks over machines.
#pragma once

#include <poll.h>

#include <vector>

namespace holdfast::supervision {

class LeaseWatch {
 public:
  // Appends what poll(2) is to watch; is_lost_after() takes it from there.
  virtual void add_descriptors(std::vector<pollfd>& fds) = 0;
  virtual bool is_lost_after(const std::vector<pollfd>& fds) = 0;

 protected:
  LeaseWatch() = default;
  LeaseWatch(const LeaseWatch&) = default;
  LeaseWatch(LeaseWatch&&) = default;
  LeaseWatch& operator=(const LeaseWatch&) = default;
  LeaseWatch& operator=(LeaseWatch&&) = default;
  ~LeaseWatch() = default;
};

}  // namespace holdfast::supervision
