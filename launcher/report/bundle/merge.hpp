// Makes one report of several runs of one suite, its shards.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "report/load.hpp"

namespace holdfast {

struct NamedReport {
  std::string name;  // of the shard
  LoadedReport loaded;
};

// Every test of every shard is in the report, so a test that ran in two shards is there twice, and
// the counts add up. Fails if two shards are the same run. The error is one line.
Result<LoadedReport> merge_shards(std::vector<NamedReport> shards);

}  // namespace holdfast
