// Archives by libarchive: tar, plain or compressed, and zip. Nothing here writes a file that an
// archive names.
#pragma once

#include <cstdint>
#include <functional>
#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

struct archive;
struct archive_entry;

namespace holdfast {

enum class ArchiveForm : std::uint8_t { tar, tar_gzip, tar_zstd, zip };

// By the end of the file's name: .tar, .tar.zst, .zip. Any other name gets a .tar.gz.
ArchiveForm archive_form(std::string_view file);

class ArchiveWriter {
 public:
  // Takes the bytes of the archive. False: nothing more can be taken, and the writer fails.
  using Take = std::function<bool(std::string_view)>;

  ArchiveWriter(ArchiveForm form, Take take);
  ArchiveWriter(const ArchiveWriter&) = delete;
  ArchiveWriter& operator=(const ArchiveWriter&) = delete;

  // `name` is ASCII. The error is one line that fits after "failed to".
  Result<void> add(const std::string& name, std::string_view text);
  // The next `size` bytes of `stream`. If it has less by now, zeros follow.
  Result<void> add(const std::string& name, std::istream& stream, std::uint64_t size);
  Result<void> finish();

 private:
  struct Free {
    void operator()(archive* one) const;
  };
  Result<void> begin(const std::string& name, std::uint64_t size);
  Result<void> write(std::string_view bytes);
  Error error(std::string_view tried) const;

  Take take_;
  std::unique_ptr<archive, Free> archive_;
};

class ArchiveReader {
 public:
  // The error is one line that fits after "failed to". Only a regular file is opened.
  static Result<ArchiveReader> open(const std::string& file);

  // Goes to the next entry. False: there is none. An archive that ends too early is an error.
  Result<bool> next();

  // About the entry. `name` is empty if it is no text.
  std::string name() const;
  bool is_file() const;        // a regular one, with bytes of its own
  std::uint64_t size() const;  // as the archive says; 0: it does not

  // Calls `see` with the bytes of the entry, piece by piece, until it returns false.
  Result<void> read(const std::function<bool(std::string_view)>& see);

 private:
  struct Free {
    void operator()(archive* one) const;
  };
  explicit ArchiveReader(std::string file);
  Error error() const;

  std::string file_;
  std::unique_ptr<archive, Free> archive_;
  archive_entry* entry_ = nullptr;  // the archive's own
};

}  // namespace holdfast
