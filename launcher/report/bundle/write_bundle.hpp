// Makes a bundle: one archive with everything from which the report of a run can be made elsewhere,
// and with what people want to see beside it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "report/bundle/kept_files.hpp"
#include "report/bundle/packing.hpp"
#include "report/load.hpp"
#include "store/run_directory.hpp"

namespace holdfast {

// A file that does not come from the run's directory: settings, the machine.
struct BundledText {
  std::string_view name;
  std::string text;
};

// The members outlive the call of write_bundle().
struct BundleOrder {
  const RunEntry& run;
  RunState state;
  const LoadedReport& loaded;
  const std::vector<BundledText>& beside;
  std::string_view form;       // of the archive (packing.hpp)
  const std::string& program;  // holdfast-archive
  BundleSizes sizes = {};
};

// Fails if the archive cannot be taken, if the journal cannot be read, or if what a report needs is
// larger than what can be read back. Everything else that cannot be read or is too large is left
// out, and the bundle says what.
Result<void> write_bundle(const BundleOrder& order, const Packing::Take& take, LeftOut& left_out);

}  // namespace holdfast
