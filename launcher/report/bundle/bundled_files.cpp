#include "report/bundle/bundled_files.hpp"

#include "core/base/printable.hpp"
#include "os/file/file_text.hpp"
#include "os/file/system_call.hpp"
#include "report/bundle/manifest.hpp"
#include "store/descriptor_stream.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>

namespace holdfast {
namespace {

// What the entry itself takes in a tar archive. So entries without bytes are bounded too.
constexpr std::uint64_t k_entry = 512;

Error too_large(const std::string& archive) {
  return Error{fmt::format("read {}: it holds more than {} GiB, which is no bundle", archive,
                           k_largest_bundle >> 30U)};
}

}  // namespace

Result<std::unique_ptr<BundledFiles>> BundledFiles::take_out(const std::string& archive) {
  Result<ArchiveReader> reader = ArchiveReader::open(archive);
  if (!reader) return reader.error();
  std::error_code failed;
  const std::string directory = std::filesystem::temp_directory_path(failed).string();
  Result<os::UniqueFd> store = os::nameless_file(failed ? "/tmp" : directory);
  if (!store) return store.error();
  std::unique_ptr<BundledFiles> files(new BundledFiles(std::move(*store), archive));
  if (const Result<void> taken = files->take_all(*reader); !taken) return taken.error();
  return files;
}

Result<void> BundledFiles::take_all(ArchiveReader& reader) {
  std::uint64_t total = 0;
  while (true) {
    const Result<bool> is_there = reader.next();
    if (!is_there) return is_there.error();
    if (!*is_there) return {};
    // What is left out must be uncompressed too.
    total += k_entry + std::min(reader.size(), k_largest_bundle);
    if (total > k_largest_bundle) return too_large(archive_);
    const std::string path = reader.name();
    if (!reader.is_file() || !is_of_report(path)) continue;
    if (const Result<void> taken = take(reader, path); !taken) return taken;
  }
}

Result<void> BundledFiles::take(ArchiveReader& reader, const std::string& path) {
  const auto [part, is_new] = parts_.try_emplace(path, Part{end_, 0});
  if (!is_new) return Error{fmt::format("read {}: it has {} twice", archive_, printable(path))};
  std::optional<Error> failed;
  const Result<void> read = reader.read([&](std::string_view bytes) {
    end_ += bytes.size();
    if (end_ > k_largest_bundle) {
      failed = too_large(archive_);
    } else if (!os::write_all(store_.get(), bytes)) {
      failed = os::system_error("write a temporary copy of " + archive_);
    }
    return !failed;
  });
  part->second.size = end_ - part->second.begin;
  return failed ? Result<void>(*failed) : read;
}

Result<RunFile> BundledFiles::open_path(const std::string& path) const {
  const auto found = parts_.find(path);
  if (found == parts_.end())
    return Error{fmt::format("read {} in {}: it is not there", path, archive_)};
  const Part& part = found->second;
  return RunFile{std::make_unique<DescriptorStream>(store_.get(), part.begin, part.size),
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

}  // namespace holdfast
