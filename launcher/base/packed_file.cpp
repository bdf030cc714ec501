#include "base/packed_file.hpp"

#include "base/names.hpp"
#include "base/text.hpp"

namespace holdfast {
namespace {

bool is_plain_name(std::string_view name) {
  constexpr std::size_t k_longest = 1024;
  if (name.empty() || name.size() > k_longest || name == "." || name == "..") return false;
  return name.find_first_of(std::string_view("/\n\0", 3)) == std::string_view::npos;
}

// The part of `path` below `directory` (with its slash); empty: it is not there.
std::string_view below(std::string_view path, std::string_view directory) {
  return path.starts_with(directory) ? path.substr(directory.size()) : std::string_view();
}

constexpr std::size_t k_digits = 20;

}  // namespace

bool is_of_report(std::string_view path) {
  using namespace bundle_names;
  if (path == k_manifest || path == k_steps || path == k_printed) return true;
  if (is_plain_name(below(path, k_printed_pieces))) return true;
  const std::string_view file = below(path, k_run);
  if (file == names::k_journal_file) return true;
  for (const std::string_view directory :
       {names::k_output_directory, names::k_services_directory}) {
    if (is_plain_name(below(file, std::string(directory) + '/'))) return true;
  }
  return false;
}

std::string line_of(const PackedHead& head) {
  return text_of({padded(std::to_string(head.size), k_digits, '0'), " ", head.name, "\n"});
}

std::optional<PackedHead> parse_packed_head(std::string_view line) {
  if (line.size() < k_digits + 2 || line[k_digits] != ' ') return std::nullopt;
  const auto size = parse_number<std::uint64_t>(line.substr(0, k_digits));
  if (!size) return std::nullopt;
  return PackedHead{*size, std::string(line.substr(k_digits + 1))};
}

void BundleSum::begin(std::string_view name) {
  end();
  counts_ = is_of_report(name) && name != bundle_names::k_manifest;
  file_ = Fnv1a().add(name).end();
}

std::string BundleSum::text() {
  end();
  return hexadecimal(sum_, 16);
}

void BundleSum::end() {
  if (counts_) sum_ += file_.value();
  counts_ = false;
}

}  // namespace holdfast
