#include "report/bundle/write_bundle.hpp"

#include "core/base/names.hpp"
#include "os/log/log.hpp"
#include "report/bundle/manifest.hpp"
#include "report/bundle/printed.hpp"
#include "report/bundle/temporary.hpp"
#include "store/run_files.hpp"

#include <functional>
#include <utility>

namespace holdfast {
namespace {

Result<void> add_journal(Packing& packing, const RunEntry& run) {
  const std::string name(names::k_journal_file);
  const Result<RunFile> journal = RunDirectory(run.directory).open(name);
  if (!journal) return journal.error();
  return packing.add(std::string(bundle_names::k_run) + name, *journal->stream, journal->size);
}

// At most three files, of 8 MiB each (os/log/log.hpp).
Result<void> add_log(Packing& packing, const RunEntry& run, LeftOut& left_out) {
  for (unsigned number = 0; number < os::k_log_files; ++number) {
    const std::string file = os::older_log(std::string(names::k_log_file), number);
    const std::string name = std::string(bundle_names::k_run) + file;
    const Result<RunFile> log = RunDirectory(run.directory).open(file);
    if (!log) continue;
    if (!packing.has_room(name, log->size)) {
      left_out.note(name, "the bundle has no room for it");
    } else if (Result<void> added = packing.add(name, *log->stream, log->size); !added) {
      return added;
    }
  }
  return {};
}

Result<void> add_steps(Packing& packing, const RunEntry& run) {
  const std::string lines = step_lines(run);
  return lines.empty() ? Result<void>() : packing.add(std::string(bundle_names::k_steps), lines);
}

Result<void> add_beside(Packing& packing, const std::vector<BundledText>& beside) {
  for (const BundledText& one : beside) {
    if (Result<void> added = packing.add(std::string(one.name), one.text); !added) return added;
  }
  return {};
}

// Says what the bundle is. To be added when everything else is there.
Result<void> add_end(Packing& packing, const BundleOrder& order, const LeftOut& left_out) {
  if (left_out.count() > 0) {
    const std::string name(bundle_names::k_left_out);
    if (Result<void> added = packing.add(name, left_out.text()); !added) return added;
  }
  const RunInfo& run = order.loaded.report.run;
  const Manifest manifest{HOLDFAST_VERSION, run.id, order.state, run.complete, packing.sum()};
  const std::string name(bundle_names::k_manifest);
  if (Result<void> added = packing.add(name, text_of(manifest)); !added) return added;
  return packing.finish(order.program, order.form);
}

}  // namespace

Result<void> write_bundle(const BundleOrder& order, const Packing::Take& take, LeftOut& left_out) {
  Result<os::UniqueFd> store = temporary_file();
  if (!store) return store.error();
  Packing packing(std::move(*store), take, order.sizes.whole);
  const std::filesystem::path& directory = order.run.directory;
  const std::function<Result<void>()> steps[] = {
      [&] { return add_beside(packing, order.beside); },
      [&] { return add_journal(packing, order.run); },
      [&] { return add_steps(packing, order.run); },
      // What follows is left out if there is no room for it.
      [&] { return add_log(packing, order.run, left_out); },
      [&] { return add_outputs(packing, directory, order.sizes, left_out); },
      [&] { return add_printed(packing, order.loaded, left_out); },
      [&] { return add_scratch(packing, directory, order.sizes, left_out); },
      [&] { return add_end(packing, order, left_out); }};
  for (const auto& step : steps) {
    if (Result<void> done = step(); !done) return done;
  }
  return {};
}

}  // namespace holdfast
