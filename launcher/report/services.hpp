// What became of the services of a run, from their records.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "report/model.hpp"

namespace holdfast {

// Collects the records of services in order.
class CollectedServices {
 public:
  void add(const ServiceRecord& record);
  // Hands out what services printed while this attempt used them.
  std::vector<ServiceOutput> take_outputs(const std::string& attempt);
  // `run` is what is known about the run. In a run that is over, all services have ended.
  std::vector<ServiceReport> take(const RunInfo& run, RunState state);

 private:
  std::vector<ServiceReport> services_;
  std::map<std::string, std::vector<ServiceOutput>> outputs_;  // by the ids of attempts
};

// "service db, generation 3", and the number of an instance that is not the first.
std::string text_of(const ServiceOutput& printed);

// "db died during Net.Upload (alone); generation 3 from then on" for each generation that was lost.
std::vector<std::string> service_deaths(const RunReport& report);

}  // namespace holdfast
