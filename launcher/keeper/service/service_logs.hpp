// Which part of its output a service printed while a test used it. It is noted at each begin of a
// use, and recorded only for a test that was red.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/service/services.hpp"
#include "keeper/service/service_instance.hpp"
#include "store/records.hpp"

namespace holdfast {

class ServiceLogs {
 public:
  // The use gets the generation that `host` looks after. A second begin changes nothing.
  void begin(UseId use, const ServiceHost& host, unsigned generation);
  // The use is over, and its test was not red.
  void forget(UseId use) { parts_.erase(use); }
  // The use is over, and its test was red. Returns what is to be recorded of each generation that
  // printed anything meanwhile. `hosts` are those that are there now.
  std::vector<ServiceRecord> take(UseId use, const std::vector<ServiceHost>& hosts);
  void clear() { parts_.clear(); }

 private:
  std::map<UseId, std::vector<ServiceRecord>> parts_;
};

}  // namespace holdfast
