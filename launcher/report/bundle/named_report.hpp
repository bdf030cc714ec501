// A shard of a report that is made of several.
#pragma once

#include <string>

#include "report/load.hpp"

namespace holdfast {

struct NamedReport {
  std::string name;  // of the shard
  LoadedReport loaded;
};

}  // namespace holdfast
