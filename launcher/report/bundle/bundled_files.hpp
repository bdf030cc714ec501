// The files of a bundle from which a report is made. They lie in one file without a name, so
// nothing of them is left when this process ends, however it ends.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/result.hpp"
#include "os/file/unique_fd.hpp"
#include "store/run_files.hpp"

namespace holdfast {

class BundledFiles final : public RunFiles {
 public:
  // Reads all of the archive by `program`, which is holdfast-archive. Fails if the archive is cut
  // off or too large, or has a file twice.
  static Result<std::unique_ptr<BundledFiles>> take_out(const std::string& program,
                                                        const std::string& archive);

  // `path` is one for which is_of_report() is true.
  Result<RunFile> open_path(const std::string& path) const;
  // The same below the run's directory.
  Result<RunFile> open(const std::string& name) override;
  // A small file as a whole; empty: it is not there.
  std::string text_of(std::string_view path) const;
  // BundleSum of the files.
  std::string sum() const;

 private:
  struct Part {
    std::uint64_t begin = 0;
    std::uint64_t size = 0;
  };
  BundledFiles(os::UniqueFd store, std::string archive)
      : store_(std::move(store)), archive_(std::move(archive)) {}
  Result<void> find_parts();

  os::UniqueFd store_;
  std::string archive_;  // its path
  std::map<std::string, Part> parts_;
};

}  // namespace holdfast
