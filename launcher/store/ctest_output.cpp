#include "store/ctest_output.hpp"

#include "core/base/utf8.hpp"
#include "os/file/file_text.hpp"
#include "os/file/own_files.hpp"
#include "os/file/system_call.hpp"
#include "os/file/unique_fd.hpp"
#include "store/descriptor_stream.hpp"
#include "store/file_time.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <istream>
#include <limits>
#include <optional>
#include <system_error>
#include <utility>

namespace holdfast {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view k_tmp = ".tmp";
constexpr std::string_view k_gap = "\n[... {} of {} bytes left out by holdfast ...]\n";
constexpr std::uint64_t k_longest_gap = 96;

std::string read_at(std::istream& stream, std::uint64_t offset, std::uint64_t length) {
  std::string bytes(static_cast<std::size_t>(length), '\0');
  stream.clear();
  stream.seekg(static_cast<std::streamoff>(offset));
  stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(std::max<std::streamsize>(stream.gcount(), 0)));
  return bytes;
}

// Whether the lines before and after the output are still those that ctest wrote around it.
bool still_frames(std::istream& stream, const OutputPlace& place, std::string_view test) {
  constexpr std::string_view k_before =
      "\nOutput:\n----------------------------------------------------------\n";
  constexpr std::string_view k_after = "<end of output>\n";
  constexpr std::uint64_t k_longest_date = 128;
  const std::string start_time = fmt::format("\n\"{}\" start time: ", test);
  const std::uint64_t back =
      std::min(place.offset, start_time.size() + k_longest_date + k_before.size());
  const std::string before = valid_utf8(read_at(stream, place.offset - back, back));
  if (!before.ends_with(k_before)) return false;
  const std::size_t at = before.rfind(start_time);
  if (at == std::string::npos) return false;
  const std::size_t line_end = before.find('\n', at + start_time.size());
  return line_end == before.size() - k_before.size() &&
         read_at(stream, place.offset + place.length, k_after.size()) == k_after;
}

// The outputs of executions that did not pass.
std::vector<OutputPlace*> places_to_keep(std::vector<VerdictRecord>& verdicts) {
  std::vector<OutputPlace*> places;
  for (VerdictRecord& one : verdicts) {
    for (OutputPlace& earlier : one.earlier) {
      if (earlier.length > 0) places.push_back(&earlier);
    }
    const bool has_output = one.verdict != Verdict::passed && one.output && one.output->length > 0;
    if (has_output) places.push_back(&*one.output);
  }
  return places;
}

// An output has less than that only if it is shorter.
std::uint64_t share_of_each(const std::vector<OutputPlace*>& places, const KeptSizes& sizes) {
  constexpr std::uint64_t k_least = 1U << 10U;
  std::uint64_t total = 0;
  for (const OutputPlace* place : places) total += std::min(place->length, sizes.of_each);
  if (total <= sizes.of_all) return sizes.of_each;
  return std::min(std::max(sizes.of_all / places.size(), k_least), sizes.of_each);
}

Result<os::UniqueFd> make_copy(const std::string& path) {
  const std::string directory = path.substr(0, path.rfind('/'));
  if (Result<void> made = os::make_own_directories(directory, 0755); !made) return made.error();
  return os::open_own(path, O_WRONLY | O_CREAT | O_TRUNC);
}

}  // namespace

std::string read_bounded(std::istream& file, const OutputPlace& place, std::size_t limit,
                         std::string_view gap) {
  if (place.length <= limit) return read_at(file, place.offset, place.length);
  const std::uint64_t half = limit / 2;
  return read_at(file, place.offset, half) +
         fmt::format(fmt::runtime(gap), place.length - 2 * half, place.length) +
         read_at(file, place.offset + place.length - half, half);
}

LoggedOutputs::LoggedOutputs(const CtestLogFile& log) : opened_(log.final_path().string()) {
  constexpr std::int64_t k_all = std::numeric_limits<std::int64_t>::max();
  files_.push_back(std::make_unique<DescriptorStream>(log.descriptor, 0, k_all));
}

void LoggedOutputs::open(const std::string& log) {
  opened_ = log;
  files_.clear();
  for (const std::string& file : {log, log + std::string(k_tmp)}) {
    const std::optional<double> written = written_at(file);
    if (!written || *written < written_from_ || *written > written_to_) continue;
    files_.push_back(std::make_unique<std::ifstream>(file, std::ios::binary));
  }
}

Result<std::string> LoggedOutputs::read(const OutputPlace& place, std::string_view test,
                                        std::size_t limit) {
  if (place.log != opened_) open(place.log);
  for (const std::unique_ptr<std::istream>& file : files_) {
    if (still_frames(*file, place, test)) return read_bounded(*file, place, limit, k_gap);
  }
  return Error{
      fmt::format("read the output of {}: {} is gone or belongs to a later run", test, place.log)};
}

std::string read_kept_output(std::istream& file, const OutputPlace& place, std::size_t limit) {
  return read_bounded(file, place, limit, k_gap);
}

Result<void> keep_outputs(const CtestLogFile& log, std::vector<VerdictRecord>& verdicts,
                          const fs::path& file, const KeptSizes& sizes) {
  DescriptorBuffer bytes(log.descriptor);
  std::istream stream(&bytes);
  os::UniqueFd copy;
  std::uint64_t size = 0;
  const std::vector<OutputPlace*> places = places_to_keep(verdicts);
  const std::uint64_t limit = share_of_each(places, sizes);
  std::vector<std::pair<OutputPlace*, OutputPlace>> kept;
  for (OutputPlace* const place : places) {
    if (size + std::min(place->length, limit) > sizes.of_all) continue;
    if (!copy.valid()) {
      Result<os::UniqueFd> made = make_copy(file.string());
      if (!made) return made.error();
      copy = std::move(*made);
    }
    // One output at a time: all outputs of a large run would take too much memory for a keeper.
    // What is cut has room for the line that says so, or a report would cut it again.
    const std::uint64_t most = place->length > limit ? limit - k_longest_gap : limit;
    const std::string output = read_bounded(stream, *place, static_cast<std::size_t>(most), k_gap);
    kept.push_back({place, {file.string(), size, output.size()}});
    size += output.size();
    if (!os::write_all(copy.get(), output)) return os::system_error("write " + file.string());
  }
  for (auto& [place, copied] : kept) *place = std::move(copied);
  return {};
}

}  // namespace holdfast
