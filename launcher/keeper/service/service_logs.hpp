// Notes which part of its output a service printed while a test used it. The beginning is noted for
// each use. The part is recorded only for a test that was red.
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
  // The use gets the generation that `host` looks after. A second call for a generation changes
  // nothing.
  void begin(UseId use, const ServiceHost& host, unsigned generation);
  // The use is over, and its test was not red.
  void forget(UseId use) { parts_.erase(use); }
  // The use is over, and its test was red. Returns a record for each generation that printed
  // anything during the use. `hosts` are those that are there now.
  std::vector<ServiceRecord> take(UseId use, const std::vector<ServiceHost>& hosts);
  void clear() { parts_.clear(); }

 private:
  std::map<UseId, std::vector<ServiceRecord>> parts_;
};

}  // namespace holdfast
