// The reader of `--gtest_list_tests`: whatever a program prints there, each name can be put into a
// filter and read again, and shards share all cases out.
#include "core/gtest_list.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace {

using namespace holdfast;

void must(bool holds) {
  if (!holds) std::abort();
}

bool is_printable(char c) { return static_cast<unsigned char>(c) >= ' ' && c != '\x7f'; }

// Names as GoogleTest lists them: "Suite.", and "  Name" below it.
std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    // Blanks are the suite's.
    const std::size_t blank = name.rfind(' ');
    const std::size_t dot = name.find('.', blank == std::string::npos ? 1 : blank);
    must(dot != std::string::npos && dot + 1 < name.size());
    text += name.substr(0, dot + 1) + "\n  " + name.substr(dot + 1) + "\n";
  }
  return text;
}

void check_shards(const std::vector<std::string>& names, std::uint64_t total) {
  const std::vector<std::string> all = runnable(names, Disabled::left_out, {});
  std::size_t shared_out = 0;
  for (std::uint64_t index = 0; index < total; ++index) {
    const auto shard = gtest_shard(std::to_string(total), std::to_string(index));
    must(shard.has_value() == (total > 1));
    shared_out += runnable(names, Disabled::left_out, shard).size();
  }
  must(shared_out == all.size());
  for (const std::string& name : all) must(!is_disabled(name));
}

// All of them, as many at a time as one argument takes.
void check_filters(std::vector<std::string> names) {
  while (!names.empty()) {
    const std::size_t count = filter_length(names);
    must(count > 0 && count <= names.size());
    const std::string filter = filter_of(names, count);
    must(static_cast<std::size_t>(std::count(filter.begin(), filter.end(), ':')) == count - 1);
    must(filter.find_first_of("-*") == std::string::npos);
    must(count == 1 || filter.size() < 128UL * 1024UL);
    names.erase(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(count));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::vector<std::string> names = parse_gtest_list(text);
  for (const std::string& name : names) must(std::all_of(name.begin(), name.end(), is_printable));
  must(parse_gtest_list(listed(names)) == names);
  check_shards(names, data[0] % 5U + 1U);
  check_filters(names);
  gtest_shard(text, text);
  return 0;
}
