// The files in a run's directory, or what stands for them: a bundle has the same files.
#pragma once

#include "core/base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <istream>
#include <memory>
#include <string>
#include <utility>

namespace holdfast {

struct RunFile {
  std::unique_ptr<std::istream> stream;  // can seek
  std::uint64_t size = 0;                // when it was opened
};

class RunFiles {
 public:
  RunFiles() = default;
  virtual ~RunFiles() = default;
  RunFiles(const RunFiles&) = delete;
  RunFiles& operator=(const RunFiles&) = delete;

  // `name` is the path from the run's directory on: output/ctest.log. A file that does not exist
  // and one that is no regular file are errors.
  virtual Result<RunFile> open(const std::string& name) = 0;
};

class RunDirectory final : public RunFiles {
 public:
  explicit RunDirectory(std::filesystem::path directory) : directory_(std::move(directory)) {}
  Result<RunFile> open(const std::string& name) override;

 private:
  std::filesystem::path directory_;
};

}  // namespace holdfast
