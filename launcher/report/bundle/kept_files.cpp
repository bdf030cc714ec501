#include "report/bundle/kept_files.hpp"

#include "core/base/file_name.hpp"
#include "core/base/names.hpp"
#include "core/base/printable.hpp"
#include "core/bundle/bundle_names.hpp"
#include "os/file/own_files.hpp"
#include "os/file/removal.hpp"
#include "os/file/system_call.hpp"
#include "os/file/unique_fd.hpp"
#include "store/descriptor_stream.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace holdfast {
namespace {

using os::UniqueFd;

// A test can nest directories deeper than we have descriptors.
constexpr int k_deepest = 64;

const char* error_text() { return strerrordesc_np(errno); }

std::string size_text(std::uint64_t size) {
  const double mib = static_cast<double>(size) / (1U << 20U);
  return mib < 1 ? fmt::format("{} bytes", size) : fmt::format("{:.0f} MiB", mib);
}

// The names in a directory, in order.
std::vector<std::string> names_in(const UniqueFd& directory) {
  std::vector<std::string> names;
  UniqueFd again(::openat(directory.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  DIR* entries = again.valid() ? ::fdopendir(again.get()) : nullptr;
  if (entries == nullptr) return names;
  (void)again.release();
  while (const dirent* entry = ::readdir(entries)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  ::closedir(entries);
  std::sort(names.begin(), names.end());
  return names;
}

// A regular file below a directory, opened.
struct OpenedFile {
  UniqueFd file;
  std::uint64_t size = 0;
};

// The error is why the file cannot go into a bundle, in a few words.
Result<OpenedFile> open_file(const UniqueFd& directory, const std::string& name) {
  struct stat status {};
  if (::fstatat(directory.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return ErrorInWords{error_text()};
  }
  if (S_ISLNK(status.st_mode)) return ErrorInWords{"a link"};
  if (!S_ISREG(status.st_mode)) return ErrorInWords{"no regular file"};
  UniqueFd file(::openat(directory.get(), name.c_str(),
                         O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
  if (!file.valid() || ::fstat(file.get(), &status) != 0) return ErrorInWords{error_text()};
  // It may be another one by now.
  if (!S_ISREG(status.st_mode)) return ErrorInWords{"no regular file"};
  return OpenedFile{std::move(file), static_cast<std::uint64_t>(status.st_size)};
}

std::string too_large(const OpenedFile& file) { return size_text(file.size) + ", too large"; }

std::string path_in_bundle(const std::string& path) {
  return std::string(bundle_names::k_run) + path;
}

Result<void> put(Packing& packing, const std::string& path, const OpenedFile& opened) {
  DescriptorStream stream(opened.file.get(), 0, static_cast<std::int64_t>(opened.size));
  return packing.add(path_in_bundle(path), stream, opened.size);
}

class ScratchWriter {
 public:
  ScratchWriter(Packing& packing, const BundleSizes& sizes, LeftOut& left_out)
      : packing_(packing), sizes_(sizes), left_out_(left_out) {}

  // Names in an archive are ASCII, so `path` has the encoded ones.
  Result<void> add_all(const UniqueFd& directory, const std::string& path, int depth) {
    for (const std::string& name : names_in(directory)) {
      const std::string inner_path = path + '/' + encode_file_name(name);
      struct stat status {};
      const bool is_directory =
          ::fstatat(directory.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
          S_ISDIR(status.st_mode);
      Result<void> added = is_directory ? add_below(directory, name, inner_path, depth)
                                        : add_file(directory, name, inner_path);
      if (!added) return added;
    }
    return {};
  }

 private:
  Result<void> add_below(const UniqueFd& above, const std::string& name, const std::string& path,
                         int depth) {
    const UniqueFd directory = os::open_unmounted(above, name);
    if (directory.valid() && depth < k_deepest) return add_all(directory, path, depth + 1);
    left_out_.note(path, directory.valid() ? "too deep" : error_text());
    return {};
  }

  Result<void> add_file(const UniqueFd& directory, const std::string& name,
                        const std::string& path) {
    // This is our own link to a test's /tmp, which is beside the scratch directory.
    if (name == names::k_private_tmp_link) return {};
    const Result<OpenedFile> opened = open_file(directory, name);
    std::string why;
    if (!opened)
      why = opened.error().message;
    else if (opened->size > sizes_.scratch_file)
      why =
          fmt::format("{}, more than {}", size_text(opened->size), size_text(sizes_.scratch_file));
    else if (size_ + opened->size > sizes_.scratch)
      why = fmt::format("{}; all scratch directories may have {}", size_text(opened->size),
                        size_text(sizes_.scratch));
    else if (!packing_.has_room(path_in_bundle(path), opened->size))
      why = too_large(*opened);
    else if (files_ == sizes_.scratch_files)
      why = fmt::format("more than {} files", sizes_.scratch_files);
    if (!why.empty()) {
      left_out_.note(path, why);
      return {};
    }
    size_ += opened->size;
    ++files_;
    return put(packing_, path, *opened);
  }

  Packing& packing_;
  const BundleSizes& sizes_;
  LeftOut& left_out_;
  std::uint64_t size_ = 0;
  std::size_t files_ = 0;
};

}  // namespace

void LeftOut::note(const std::string& path, const std::string& why) {
  constexpr std::size_t k_lines = 1000;
  constexpr std::size_t k_bytes = 1U << 20U;  // a path may be long
  if (++count_ <= k_lines && lines_.size() < k_bytes)
    lines_ += fmt::format("{}: {}\n", path, printable(why));
}

std::string LeftOut::text() const {
  const auto lines = static_cast<std::size_t>(std::count(lines_.begin(), lines_.end(), '\n'));
  return count_ > lines ? fmt::format("{}and {} more\n", lines_, count_ - lines) : lines_;
}

Result<void> add_outputs(Packing& packing, const std::filesystem::path& directory,
                         const BundleSizes& sizes, LeftOut& left_out) {
  std::uint64_t total = 0;
  for (const std::string_view below : {names::k_output_directory, names::k_services_directory}) {
    const Result<UniqueFd> opened = os::open_own_directory((directory / below).string());
    if (!opened) {
      if (errno != ENOENT) left_out.note(std::string(below), opened.error().message);
      continue;
    }
    for (const std::string& name : names_in(*opened)) {
      const std::string path = std::string(below) + '/' + name;
      // A service has a directory and a stop command beside its output, and while it runs, files
      // with the end of its output: db-1.log.tail.
      const bool is_output = name.find(names::k_output_suffix) != std::string::npos;
      if (!is_output && name != names::k_dropped_outputs_file) continue;
      const Result<OpenedFile> file = open_file(*opened, name);
      if (!file || total + file->size > sizes.outputs ||
          !packing.has_room(path_in_bundle(path), file->size)) {
        left_out.note(path, file ? too_large(*file) : file.error().message);
        continue;
      }
      total += file->size;
      if (Result<void> added = put(packing, path, *file); !added) return added;
    }
  }
  return {};
}

Result<void> add_scratch(Packing& packing, const std::filesystem::path& directory,
                         const BundleSizes& sizes, LeftOut& left_out) {
  const std::string name(names::k_scratch_directory);
  const Result<UniqueFd> opened = os::open_unmounted((directory / name).string());
  if (opened) return ScratchWriter(packing, sizes, left_out).add_all(*opened, name, 0);
  std::error_code ignored;
  if (std::filesystem::exists(directory / name, ignored)) {
    left_out.note(name, opened.error().message);
  }
  return {};
}

}  // namespace holdfast
