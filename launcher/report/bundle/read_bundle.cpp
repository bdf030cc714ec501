#include "report/bundle/read_bundle.hpp"

#include "base/names.hpp"
#include "report/bundle/bundled_files.hpp"
#include "report/bundle/write_bundle.hpp"
#include "report/run_report.hpp"
#include "report/steps.hpp"

#include <fmt/format.h>

namespace holdfast {
namespace {

Error no_bundle(const std::string& file, std::string_view why) {
  return Error{
      fmt::format("read {}: {}, so it is no bundle of holdfast report --bundle", file, why)};
}

// Those of the run, because the bundle has no others.
std::vector<StepRecord> steps_in(const BundledFiles& files) {
  const Result<RunFile> lines = files.open_path(std::string(bundle_names::k_steps));
  if (!lines) return {};
  constexpr double k_for_ever = std::numeric_limits<double>::infinity();
  return latest_steps(read_journal(*lines->stream).records, -k_for_ever, k_for_ever);
}

}  // namespace

Result<LoadedReport> read_bundle(const std::string& program, const std::string& file) {
  HOLDFAST_TRY(std::unique_ptr<BundledFiles> files, BundledFiles::take_out(program, file));
  const std::string about = files->text_of(bundle_names::k_manifest);
  if (about.empty()) return no_bundle(file, fmt::format("it has no {}", bundle_names::k_manifest));
  const Result<Manifest> manifest = parse_manifest(about);
  if (!manifest) return Error{fmt::format("read {}: {}", file, manifest.error().message)};
  if (!manifest->sum.empty() && files->sum() != manifest->sum) {
    return Error{fmt::format("read {}: damaged: its files are not those that were packed", file)};
  }
  const std::string journal(names::k_journal_file);
  const Result<RunFile> records = files->open(journal);
  if (!records) return no_bundle(file, "it has no " + std::string(bundle_names::k_run) + journal);
  const auto read = [&](const SeeRecord& see) { return read_records(*records->stream, see); };
  HOLDFAST_TRY(RunReport report, report_of(read, manifest->state));
  if (report.run.id.empty()) report.run.id = manifest->run;
  report.steps = steps_in(*files);
  return LoadedReport{std::move(report), std::make_unique<BundledOutputs>(std::move(files))};
}

}  // namespace holdfast
