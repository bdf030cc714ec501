#include "store/run_files.hpp"

#include "store/own_stream.hpp"

#include <cstdint>
#include <memory>
#include <utility>

namespace holdfast {

Result<RunFile> RunDirectory::open(const std::string& name) {
  Result<OwnStream> file = OwnStream::open((directory_ / name).string());
  if (!file) return file.error();
  const std::uint64_t size = file->size();
  return RunFile{std::make_unique<OwnStream>(std::move(*file)), size};
}

}  // namespace holdfast
