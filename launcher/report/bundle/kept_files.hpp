// Which of the files that a run has kept go into its bundle: outputs, and scratch directories of
// tests.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "report/bundle/packing.hpp"

namespace holdfast {

// How much of the run goes into a bundle.
struct BundleSizes {
  std::uint64_t whole = k_largest_bundle;
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

}  // namespace holdfast
