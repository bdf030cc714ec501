#include "report/bundle/bundled_files.hpp"

#include "core/base/printable.hpp"
#include "core/bundle/bundle_names.hpp"
#include "core/bundle/packed_file.hpp"
#include "os/file/file_text.hpp"
#include "report/bundle/archiver.hpp"
#include "report/bundle/temporary.hpp"

#include <fmt/format.h>

namespace holdfast {

Result<std::unique_ptr<BundledFiles>> BundledFiles::take_out(const std::string& program,
                                                             const std::string& archive) {
  HOLDFAST_TRY(os::UniqueFd store, temporary_file());
  HOLDFAST_TRY(Archiver archiver,
               Archiver::start({program, "unpack", archive, std::to_string(k_largest_bundle)}, -1,
                               store.get()));
  HOLDFAST_DO(archiver.wait());
  std::unique_ptr<BundledFiles> files(new BundledFiles(std::move(store), archive));
  HOLDFAST_DO(files->find_parts());
  return files;
}

Result<void> BundledFiles::find_parts() {
  DescriptorStream stream(store_.get(), 0, std::numeric_limits<std::int64_t>::max());
  std::uint64_t at = 0;
  for (std::string line; std::getline(stream, line);) {
    const std::optional<PackedHead> head = parse_packed_head(line);
    if (!head) return Error{"read " + archive_ + ": holdfast-archive is of another version"};
    const Part part{at + line.size() + 1, head->size};
    if (!parts_.try_emplace(head->name, part).second) {
      return Error{fmt::format("read {}: it has {} twice", archive_, printable(head->name))};
    }
    at = part.begin + part.size;
    stream.seekg(static_cast<std::streamoff>(at));
  }
  return {};
}

Result<RunFile> BundledFiles::open_path(const std::string& path) const {
  const auto found = parts_.find(path);
  if (found == parts_.end()) {
    return Error{fmt::format("read {} in {}: it is not there", path, archive_)};
  }
  const Part& part = found->second;
  return RunFile{
      std::make_unique<DescriptorStream>(store_.get(), static_cast<std::int64_t>(part.begin),
                                         static_cast<std::int64_t>(part.size)),
      part.size};
}

Result<RunFile> BundledFiles::open(const std::string& name) {
  return open_path(std::string(bundle_names::k_run) + name);
}

std::string BundledFiles::text_of(std::string_view path) const {
  constexpr std::uint64_t k_small = 64U << 10U;
  const auto found = parts_.find(std::string(path));
  if (found == parts_.end()) return {};
  std::string text(std::min(found->second.size, k_small), '\0');
  return os::read_at(store_.get(), found->second.begin, text.data(), text.size()) ? text
                                                                                  : std::string();
}

std::string BundledFiles::sum() const {
  constexpr std::uint64_t k_piece = 64U << 10U;
  BundleSum sum;
  std::string bytes;
  for (const auto& [name, part] : parts_) {
    sum.begin(name);
    for (std::uint64_t at = 0; at < part.size; at += bytes.size()) {
      bytes.resize(std::min(part.size - at, k_piece));
      if (!os::read_at(store_.get(), part.begin + at, bytes.data(), bytes.size())) return {};
      sum.add(bytes);
    }
  }
  return sum.text();
}

}  // namespace holdfast
