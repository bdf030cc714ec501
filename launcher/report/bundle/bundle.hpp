// A bundle: the run of `holdfast report --bundle` in one archive. Collects its files and makes an
// archive of them, and reads the report from it where the run's build tree does not exist.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <istream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/packed_file.hpp"
#include "base/result.hpp"
#include "journal/run_directory.hpp"
#include "os/file/descriptors.hpp"
#include "report/bundle/bundled_files.hpp"
#include "report/load.hpp"

namespace holdfast {

// The form of an archive as holdfast-archive names it, by the end of the file's name: tar, tar.zst,
// zip. Any other name gets a tar.gz.
std::string_view archive_form(std::string_view file);

class Packing {
 public:
  // Takes the bytes of the archive. False: nothing more can be taken. No bytes ask only that.
  using Take = std::function<bool(std::string_view)>;

  // `store`: where the files are collected, before they are packed. `most`: as k_largest_bundle.
  Packing(os::UniqueFd store, Take take, std::uint64_t most = k_largest_bundle)
      : store_(std::move(store)), take_(std::move(take)), most_(most) {}

  // Whether such a file can be added, and what the bundle needs can still be added then.
  bool has_room(const std::string& name, std::uint64_t size) const;

  // `name` is ASCII. Fails if the bundle would be too large to be read. The error is one line that
  // fits after "failed to".
  Result<void> add(const std::string& name, std::string_view text);
  // The next `size` bytes of `stream`. If it has less by now, zeros follow.
  Result<void> add(const std::string& name, std::istream& stream, std::uint64_t size);

  // BundleSum of the files so far.
  std::string sum() { return sum_.text(); }

  // Packs all files by `program`, which is holdfast-archive.
  Result<void> finish(const std::string& program, std::string_view form);

 private:
  Result<void> begin(const std::string& name, std::uint64_t size);
  Result<void> write(std::string_view bytes);

  os::UniqueFd store_;
  Take take_;
  std::uint64_t most_;
  std::uint64_t counted_ = 0;  // of most_
  BundleSum sum_;
};

// Which of the files that a run has kept go into its bundle: outputs, and scratch directories of
// tests.

// How much of the run goes into a bundle.
struct BundleSizes {
  std::uint64_t outputs = std::uint64_t{1} << 30U;  // of attempts and of services
  std::uint64_t scratch = 64U << 20U;               // of all scratch directories
  std::uint64_t scratch_file = 16U << 20U;
  std::size_t scratch_files = 10'000;
};

// What is not in the bundle: "scratch/3/core: 120 MiB, more than 16 MiB".
class LeftOut {
 public:
  void note(const std::string& path, const std::string& why);
  std::size_t count() const { return count_; }
  // A line for each. Beyond a bound, only the number.
  std::string text() const;

 private:
  std::size_t count_ = 0;
  std::string lines_;
};

// Puts the outputs of attempts and of services of the run in `directory` into the archive. A file
// that cannot be read is left out.
Result<void> add_outputs(Packing& packing, const std::filesystem::path& directory,
                         const BundleSizes& sizes, LeftOut& left_out);

// Does the same with the scratch directories. Tests have filled them with anything. Links are not
// followed, and neither are mounts; only regular files are read.
Result<void> add_scratch(Packing& packing, const std::filesystem::path& directory,
                         const BundleSizes& sizes, LeftOut& left_out);

// What a report read from ctest's log, carried in a bundle. The log itself has the outputs of all
// tests, and the next ctest overwrites it.
//
// The outputs lie one after the other in pieces: printed/1, printed/2. printed.jsonl says for each
// place in the log where its output is, or why there is none:
//
//     {"log":"/b/Testing/Temporary/LastTest.log","offset":907,"piece":1,"from":0,"size":22}
//     {"log":"/b/Testing/Temporary/LastTest.log","offset":1402,"note":"failed to read …"}

// Puts the outputs of all tests that the run's own files do not have into the archive. Those for
// which it has no room are left out.
Result<void> add_printed(Packing& packing, const LoadedReport& loaded, LeftOut& left_out);

// The outputs of a run as its bundle has them.
std::unique_ptr<Outputs> outputs_in(BundledFiles files);

// Makes a bundle: one archive with everything from which the report of a run can be made elsewhere,
// and with what people want to see beside it.

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
  std::string_view form;       // of the archive
  const std::string& program;  // holdfast-archive
};

// Fails if the archive cannot be taken, if the journal cannot be read, or if what a report needs is
// larger than what can be read back. Everything else that cannot be read or is too large is left
// out, and the bundle says what.
Result<void> write_bundle(const BundleOrder& order, const Packing::Take& take, LeftOut& left_out);

// The same report as in the tree when the bundle was made. Writes nothing that the archive names,
// and leaves nothing behind. The error is one line that fits after "failed to".
// `program` is holdfast-archive.
Result<LoadedReport> read_bundle(const std::string& program, const std::string& file);

}  // namespace holdfast
