#include "cli/report/bundling.hpp"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "cli/report/report_output.hpp"
#include "cli/report/surroundings.hpp"
#include "core/base/parts.hpp"
#include "core/bundle/bundle_names.hpp"
#include "report/bundle/write_bundle.hpp"
#include "supervision/base/programs.hpp"

namespace holdfast::cli {
namespace {

std::string what_is_missing(const LeftOut& left_out, const std::filesystem::path& file) {
  if (left_out.count() == 0) return {};
  return fmt::format("left out of {}: {}, named in its {}", file.string(),
                     counted(left_out.count(), "file"), bundle_names::k_left_out);
}

}  // namespace

Result<std::string> write_bundle_file(const RunEntry& run, RunState state,
                                      const std::filesystem::path& file) {
  const Result<std::string> program = supervision::archive_program();
  if (!program) return program.error();
  const Result<LoadedReport> loaded = load_whole_report(run, state);
  if (!loaded) return loaded.error();
  const std::vector<BundledText> beside = surroundings_of(tree_of(run).string());
  const BundleOrder order{run, state, *loaded, beside, archive_form(file.string()), *program};
  LeftOut left_out;
  const Result<void> written =
      write_whole(file, [&](const Take& take) { return write_bundle(order, take, left_out); });
  if (!written) return written.error();
  return what_is_missing(left_out, file);
}

}  // namespace holdfast::cli
