// Makes one report of several runs of one suite, its shards.
#pragma once

#include <vector>

#include "core/base/result.hpp"
#include "report/bundle/named_report.hpp"
#include "report/load.hpp"

namespace holdfast {

// Every test of every shard is in the report, so a test that ran in two shards is there twice, and
// the counts add up. The shards are of one division, or of none (report/bundle/division_check.hpp).
// Fails if two shards are the same run. The error is one line.
Result<LoadedReport> merge_shards(std::vector<NamedReport> shards);

}  // namespace holdfast
