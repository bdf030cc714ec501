// A shard of a report that is made of several.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "report/load.hpp"

namespace holdfast {

struct NamedReport {
  std::string name;  // of the shard
  LoadedReport loaded;
};

// Makes one report of several runs of one suite, its shards.

// Every test of every shard is in the report, so a test that ran in two shards is there twice, and
// the counts add up. The shards are of one division, or of none (report/bundle/merge.hpp).
// Fails if two shards are the same run. The error is one line.
Result<LoadedReport> merge_shards(std::vector<NamedReport> shards);

// Why the shards are not of one division (select/division.hpp), in one line; empty: they are, or
// none is of any.
std::string different_divisions(const std::vector<NamedReport>& shards);

}  // namespace holdfast
