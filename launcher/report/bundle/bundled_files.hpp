// The files of a bundle from which a report is made. They lie in one file without a name, so
// nothing of them is left when this process ends, however it ends.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/packed_file.hpp"
#include "base/result.hpp"
#include "journal/run_files.hpp"
#include "os/file/descriptors.hpp"
#include "report/model.hpp"

namespace holdfast {

// Runs holdfast-archive, which is the only program with libarchive in it: the program words[0] with
// these words. It reads from `input` (-1: /dev/null) and writes to `output`. Calls `meanwhile`
// while it runs, and ends it if that fails. Returns that error, or what the program says, or how it
// died.
Result<void> run_archiver(const std::vector<std::string>& words, int input, int output,
                          const std::function<Result<void>()>& meanwhile = {});

// Where large things lie for a moment.

// A file without a name in $TMPDIR, or in /tmp.
inline Result<os::UniqueFd> temporary_file() {
  std::error_code failed;
  const std::string directory = std::filesystem::temp_directory_path(failed).string();
  return os::nameless_file(failed ? "/tmp" : directory);
}

// What a bundle says of itself: bundle.json (docs/reference/report-formats.md).

// Files may be added without a new number, because a reader ignores those that it does not know.
inline constexpr std::int64_t k_bundle_format = 1;

struct Manifest {
  std::string version;  // of the Holdfast that made the bundle
  std::string run;
  RunState state = RunState::over;
  bool complete = false;  // ctest came to its end
  std::string sum = {};   // BundleSum of the files; empty: not said
};

// The text in a field of JSON; empty: there is no such text.
std::string text_in(const nlohmann::ordered_json& object, const char* field);

std::string text_of(const Manifest& manifest);
// Fails for a newer format too. The error says what was expected.
Result<Manifest> parse_manifest(std::string_view text);

class BundledFiles {
 public:
  // Reads all of the archive by `program`, which is holdfast-archive. Fails if the archive is cut
  // off or too large, or has a file twice.
  static Result<BundledFiles> take_out(const std::string& program, const std::string& archive);

  // `path` is one for which is_of_report() is true.
  Result<RunFile> open_path(const std::string& path) const;
  // The same below the run's directory.
  Result<RunFile> open(const std::string& name) const;
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
