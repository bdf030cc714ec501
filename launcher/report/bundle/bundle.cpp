#include "report/bundle/bundle.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include "base/encoding.hpp"
#include "base/names.hpp"
#include "base/text.hpp"
#include "command/json.hpp"
#include "os/file/own_files.hpp"
#include "os/file/removal.hpp"
#include "os/file/trusted_directory.hpp"
#include "os/log/log.hpp"
#include "report/run_report.hpp"
#include "report/steps.hpp"

namespace holdfast {
namespace {

constexpr std::size_t k_piece = 64U << 10U;

// For the index of what was printed, for what is left out, and for what the bundle is.
constexpr std::uint64_t k_for_the_rest = 16U << 20U;

// As much as holdfast-archive counts when it takes the file out, or a little more.
std::uint64_t charge_of(const std::string& name, std::uint64_t size) {
  return k_packed_entry + line_of(PackedHead{size, name}).size() + size;
}

Error nothing_taken() { return Error{"write the archive: interrupted"}; }

using os::UniqueFd;

// A test can nest directories deeper than we have descriptors.
constexpr int k_deepest = 64;

const char* error_text() { return strerrordesc_np(errno); }

std::string size_text(std::uint64_t size) {
  const double mib = static_cast<double>(size) / (1U << 20U);
  return mib < 1 ? fmt::format("{} bytes", size) : fmt::format("{:.0f} MiB", mib);
}

// Opens a regular file below a directory. The error is why it cannot go into a bundle, in a few
// words.
Result<RunFile> open_file(const UniqueFd& directory, const std::string& name) {
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
  return run_file_over(std::move(file));
}

std::string too_large(const RunFile& file) { return size_text(file.size) + ", too large"; }

std::string path_in_bundle(const std::string& path) {
  return std::string(bundle_names::k_run) + path;
}

class ScratchWriter {
 public:
  ScratchWriter(Packing& packing, const BundleSizes& sizes, LeftOut& left_out)
      : packing_(packing), sizes_(sizes), left_out_(left_out) {}

  // Names in an archive are ASCII, so `path` has the encoded ones.
  Result<void> add_all(const UniqueFd& directory, const std::string& path, int depth) {
    for (const std::string& name : os::names_in(directory)) {
      const std::string inner_path = path + '/' + encode_file_name(name);
      struct stat status {};
      const bool is_directory =
          ::fstatat(directory.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
          S_ISDIR(status.st_mode);
      HOLDFAST_DO(is_directory ? add_below(directory, name, inner_path, depth)
                               : add_file(directory, name, inner_path));
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
    const Result<RunFile> opened = open_file(directory, name);
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
    return packing_.add(path_in_bundle(path), *opened->stream, opened->size);
  }

  Packing& packing_;
  const BundleSizes& sizes_;
  LeftOut& left_out_;
  std::uint64_t size_ = 0;
  std::size_t files_ = 0;
};

constexpr std::size_t k_printed_piece = 1U << 20U;

std::string piece_name(std::int64_t number) {
  return fmt::format("{}{}", bundle_names::k_printed_pieces, number);
}

// Collects outputs into pieces of bounded size, because those of a large run do not fit into
// memory.
class PrintedWriter {
 public:
  explicit PrintedWriter(Packing& packing) : packing_(packing) {}

  // Whether there is room for an output of this size, and for the index.
  bool has_room(std::size_t size) const {
    return packing_.has_room(piece_name(number_), piece_.size() + index_.size() + size);
  }

  Result<void> add(const OutputPlace& place, const Printed& printed) {
    Json line;
    line["log"] = valid_utf8(place.log);
    line["offset"] = place.offset;
    if (printed.note.empty()) {
      line["piece"] = number_;
      line["from"] = piece_.size();
      line["size"] = printed.text.size();
      piece_ += printed.text;
    } else {
      line["note"] = valid_utf8(printed.note);
    }
    index_ += line.dump() + '\n';
    return piece_.size() < k_printed_piece ? Result<void>() : end_piece();
  }

  Result<void> finish() {
    HOLDFAST_DO(end_piece());
    return packing_.add(std::string(bundle_names::k_printed), index_);
  }

 private:
  Result<void> end_piece() {
    if (piece_.empty()) return {};
    Result<void> added = packing_.add(piece_name(number_), piece_);
    piece_.clear();
    ++number_;
    return added;
  }

  Packing& packing_;
  std::string index_;
  std::string piece_;
  std::int64_t number_ = 1;
};

Result<void> add_journal(Packing& packing, const RunEntry& run) {
  const std::string name(names::k_journal_file);
  HOLDFAST_TRY(const RunFile journal, open_run_file((run.directory / name).string()));
  return packing.add(std::string(bundle_names::k_run) + name, *journal.stream, journal.size);
}

// At most three files, of 8 MiB each (os/log/log.hpp).
Result<void> add_log(Packing& packing, const RunEntry& run, LeftOut& left_out) {
  for (unsigned number = 0; number < os::k_log_files; ++number) {
    const std::string file = os::older_log(std::string(names::k_log_file), number);
    const std::string name = std::string(bundle_names::k_run) + file;
    const Result<RunFile> log = open_run_file((run.directory / file).string());
    if (!log) continue;
    if (!packing.has_room(name, log->size)) {
      left_out.note(name, "the bundle has no room for it");
    } else {
      HOLDFAST_DO(packing.add(name, *log->stream, log->size));
    }
  }
  return {};
}

// Says what the bundle is. To be added when everything else is there.
Result<void> add_end(Packing& packing, const BundleOrder& order, const LeftOut& left_out) {
  if (left_out.count() > 0) {
    const std::string name(bundle_names::k_left_out);
    HOLDFAST_DO(packing.add(name, left_out.text()));
  }
  const RunInfo& run = order.loaded.report.run;
  const Manifest manifest{HOLDFAST_VERSION, run.id, order.state, run.complete, packing.sum()};
  const std::string name(bundle_names::k_manifest);
  HOLDFAST_DO(packing.add(name, text_of(manifest)));
  return packing.finish(order.program, order.form);
}

constexpr double k_infinity = std::numeric_limits<double>::infinity();

Error no_bundle(const std::string& file, std::string_view why) {
  return Error{
      fmt::format("read {}: {}, so it is no bundle of holdfast report --bundle", file, why)};
}

class BundledOutputs final : public RunOutputs {
 public:
  // The log of the run is on another machine, so none was written at any time.
  explicit BundledOutputs(BundledFiles files)
      : RunOutputs([this](const std::string& name) { return files_.open(name); },
                   LoggedOutputs(k_infinity, -k_infinity)),
        files_(std::move(files)) {
    const Result<RunFile> index = files_.open_path(std::string(bundle_names::k_printed));
    if (!index) return;
    for (std::string bytes(64U << 10U, '\0'); *index->stream;) {
      // Longer lines are none of ours. They end the index, as the end of the file does.
      index->stream->getline(bytes.data(), static_cast<std::streamsize>(bytes.size()));
      note_line(bytes.c_str());
    }
  }

  using RunOutputs::of;
  Printed of(const TestReport& test) override {
    if (!test.part_of.empty() || test.attempts.empty() || !test.output_place)
      return RunOutputs::of(test);
    const auto found = carried_.find({test.output_place->log, test.output_place->offset});
    if (found == carried_.end()) return RunOutputs::of(test);
    const Carried& carried = found->second;
    if (carried.piece == 0) return {{}, carried.note};
    if (carried.place.length == 0) return {};
    const Result<RunFile> piece = files_.open_path(piece_name(carried.piece));
    if (!piece) return {{}, "the bundle does not have it"};
    // It is not longer than this: it was bounded when the bundle was made.
    return {read_bounded(*piece->stream, carried.place, 2 * k_output_limit), {}};
  }

 private:
  using Place = std::pair<std::string, std::uint64_t>;  // the log, and where in it
  struct Carried {
    std::int64_t piece = 0;  // 0: there is only a note
    OutputPlace place = {};  // in the piece
    std::string note = {};
  };

  void note_line(const std::string& line) {
    const Json object = Json::parse(line, nullptr, false);
    if (!object.is_object()) return;
    const auto number = [&](const char* field) -> std::uint64_t {
      const auto found = object.find(field);
      return found != object.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
    };
    carried_[{text_in(object, "log"), number("offset")}] = {
        static_cast<std::int64_t>(number("piece")),
        {{}, number("from"), number("size")},
        text_in(object, "note")};
  }

  BundledFiles files_;
  std::map<Place, Carried> carried_;
};

// Those of the run, because the bundle has no others.
std::vector<StepRecord> steps_in(const BundledFiles& files) {
  const Result<RunFile> lines = files.open_path(std::string(bundle_names::k_steps));
  if (!lines) return {};
  return latest_steps(read_journal(*lines->stream).records, -k_infinity, k_infinity);
}

}  // namespace

std::string_view archive_form(std::string_view file) {
  for (const std::string_view form : {"tar", "tar.zst", "zip"}) {
    if (file.ends_with('.' + std::string(form))) return form;
  }
  return "tar.gz";
}

bool Packing::has_room(const std::string& name, std::uint64_t size) const {
  return charge_of(name, size) + k_for_the_rest <= most_ - counted_;
}

Result<void> Packing::begin(const std::string& name, std::uint64_t size) {
  const std::uint64_t more = charge_of(name, size);
  if (more > most_ - counted_) {
    return Error{
        fmt::format("pack {}: no bundle of more than {} MiB can be read", name, most_ >> 20U)};
  }
  counted_ += more;
  sum_.begin(name);
  return take_({}) ? write(line_of(PackedHead{size, name})) : nothing_taken();
}

Result<void> Packing::write(std::string_view bytes) {
  if (os::write_all(store_.get(), bytes)) return {};
  return os::system_error("write a temporary copy of the run");
}

Result<void> Packing::add(const std::string& name, std::string_view text) {
  HOLDFAST_DO(begin(name, text.size()));
  sum_.add(text);
  return write(text);
}

Result<void> Packing::add(const std::string& name, std::istream& stream, std::uint64_t size) {
  HOLDFAST_DO(begin(name, size));
  std::array<char, k_piece> bytes{};
  while (size > 0) {
    const std::uint64_t wanted = std::min<std::uint64_t>(size, k_piece);
    stream.read(bytes.data(), static_cast<std::streamsize>(wanted));
    const auto got = static_cast<std::size_t>(stream.gcount());
    std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(got), bytes.end(), '\0');
    sum_.add({bytes.data(), wanted});
    HOLDFAST_DO(write({bytes.data(), wanted}));
    size -= wanted;
  }
  return {};
}

Result<void> Packing::finish(const std::string& program, std::string_view form) {
  int ends[2];
  if (::lseek(store_.get(), 0, SEEK_SET) != 0 || ::pipe2(ends, O_CLOEXEC) != 0) {
    return os::system_error("make a pipe for the archive");
  }
  const os::UniqueFd output(ends[0]);
  os::UniqueFd input(ends[1]);
  const auto take_all = [&]() -> Result<void> {
    input.reset();
    std::string bytes(k_piece, '\0');
    while (true) {
      const ssize_t got =
          os::retried([&] { return ::read(output.get(), bytes.data(), bytes.size()); });
      if (got < 0) return os::system_error("read the archive");
      if (got == 0) return {};
      if (!take_(std::string_view(bytes).substr(0, static_cast<std::size_t>(got))))
        return nothing_taken();
    }
  };
  return run_archiver({program, "pack", std::string(form)}, store_.get(), input.get(), take_all);
}

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
    for (const std::string& name : os::names_in(*opened)) {
      const std::string path = std::string(below) + '/' + name;
      // A service has a directory and a stop command beside its output, and while it runs, files
      // with the end of its output: db-1.log.tail.
      const bool is_output = name.find(names::k_output_suffix) != std::string::npos;
      if (!is_output && name != names::k_dropped_outputs_file) continue;
      const Result<RunFile> file = open_file(*opened, name);
      if (!file || total + file->size > sizes.outputs ||
          !packing.has_room(path_in_bundle(path), file->size)) {
        left_out.note(path, file ? too_large(*file) : file.error().message);
        continue;
      }
      total += file->size;
      HOLDFAST_DO(packing.add(path_in_bundle(path), *file->stream, file->size));
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

Result<void> add_printed(Packing& packing, const LoadedReport& loaded, LeftOut& left_out) {
  PrintedWriter writer(packing);
  for (const TestReport& test : loaded.report.tests) {
    if (test.attempts.empty() || !test.output_place) continue;
    Printed printed = loaded.outputs->of(test);
    if (is_kept_with_run(*test.output_place) && printed.note.empty()) continue;
    if (!writer.has_room(printed.text.size())) {
      left_out.note("the output of " + brief(test.name), "the bundle has no room for it");
      printed = {{}, "the bundle had no room for it"};
    }
    HOLDFAST_DO(writer.add(*test.output_place, printed));
  }
  return writer.finish();
}

Result<void> write_bundle(const BundleOrder& order, const Packing::Take& take, LeftOut& left_out) {
  HOLDFAST_TRY(os::UniqueFd store, temporary_file());
  Packing packing(std::move(store), take);
  const std::filesystem::path& directory = order.run.directory;
  const BundleSizes sizes;
  for (const BundledText& one : order.beside) {
    HOLDFAST_DO(packing.add(std::string(one.name), one.text));
  }
  HOLDFAST_DO(add_journal(packing, order.run));
  if (const std::string steps = step_lines(order.run); !steps.empty()) {
    HOLDFAST_DO(packing.add(std::string(bundle_names::k_steps), steps));
  }
  // What follows is left out if there is no room for it.
  HOLDFAST_DO(add_log(packing, order.run, left_out));
  HOLDFAST_DO(add_outputs(packing, directory, sizes, left_out));
  HOLDFAST_DO(add_printed(packing, order.loaded, left_out));
  HOLDFAST_DO(add_scratch(packing, directory, sizes, left_out));
  return add_end(packing, order, left_out);
}

std::unique_ptr<Outputs> outputs_in(BundledFiles files) {
  return std::make_unique<BundledOutputs>(std::move(files));
}

Result<LoadedReport> read_bundle(const std::string& program, const std::string& file) {
  HOLDFAST_TRY(BundledFiles files, BundledFiles::take_out(program, file));
  const std::string about = files.text_of(bundle_names::k_manifest);
  if (about.empty()) return no_bundle(file, fmt::format("it has no {}", bundle_names::k_manifest));
  const Result<Manifest> manifest = parse_manifest(about);
  if (!manifest) return Error{fmt::format("read {}: {}", file, manifest.error().message)};
  if (!manifest->sum.empty() && files.sum() != manifest->sum) {
    return Error{fmt::format("read {}: damaged: its files are not those that were packed", file)};
  }
  const std::string journal(names::k_journal_file);
  const Result<RunFile> records = files.open(journal);
  if (!records) return no_bundle(file, "it has no " + std::string(bundle_names::k_run) + journal);
  const auto read = [&](const SeeRecord& see) { return read_records(*records->stream, see); };
  HOLDFAST_TRY(RunReport report, report_of(read, manifest->state));
  if (report.run.id.empty()) report.run.id = manifest->run;
  report.steps = steps_in(files);
  return LoadedReport{std::move(report), outputs_in(std::move(files))};
}

}  // namespace holdfast
