// The readers of printed and written lists of cases. Whatever a program puts into a list: if the
// cases are written as a list again, the reader reads the same; the filter for a name selects that
// name; shards divide all cases among them.
#include "batches/gtest_list.hpp"
#include "values/framework.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace {

using namespace holdfast;

void must(bool holds) {
  if (!holds) std::abort();
}

// As GoogleTest writes them, with a suite for each case.
std::string written(const std::vector<ListedCase>& cases) {
  const auto quoted = [](std::string_view text) {
    std::string json = "\"";
    constexpr std::string_view k_hex = "0123456789ABCDEF";
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte >= ' ' && byte < 0x7f && c != '"' && c != '\\') {
        json += c;
      } else {
        json += std::string("\\u00") + k_hex[byte >> 4U] + k_hex[byte & 15U];
      }
    }
    return json + '"';
  };
  std::string json = "{\"testsuites\": [";
  for (const ListedCase& one : cases) {
    const std::size_t dot = one.name.find('.');
    must(dot != std::string::npos);
    if (json.back() == '}') json += ',';
    json += "{\"name\": " + quoted(one.name.substr(0, dot)) +
            ", \"testsuite\": [{\"name\": " + quoted(one.name.substr(dot + 1)) + "}]}";
  }
  return json + "]}";
}

void check_shards(const std::vector<ListedCase>& cases, std::uint64_t total) {
  const Runnable all = runnable(cases, Disabled::left_out, {});
  must(all.others.empty());
  std::size_t shared_out = 0;
  for (std::uint64_t index = 0; index < total; ++index) {
    const auto shard = gtest_shard(std::to_string(total), std::to_string(index));
    must(shard.has_value() == (total > 1));
    const Runnable mine = runnable(cases, Disabled::left_out, shard);
    must(mine.cases.size() + mine.others.size() == all.cases.size());
    shared_out += mine.cases.size();
  }
  must(shared_out == all.cases.size());
}

void check_filters(const std::vector<ListedCase>& cases) {
  for (const ListedCase& one : cases) {
    const std::string pattern = filter_pattern(one.name);
    must(googletest().selects(pattern, one.name));
    must(!googletest().is_exact(one.name) || pattern == one.name);
    std::vector<std::string_view> others;
    for (const ListedCase& other : cases) {
      if (other.name != one.name && googletest().selects(pattern, other.name))
        others.push_back(other.name);
    }
    const auto filter = googletest().selection_without(one.name, others);
    must(filter.has_value() || !others.empty());
    if (filter) must(std::count(filter->begin(), filter->end(), '-') == (others.empty() ? 0 : 1));
  }
}

void check(const GtestList& list, std::uint8_t choice) {
  for (const ListedCase& one : list.cases) must(one.name.find('\0') == std::string::npos);
  const auto again = parse_gtest_json_list(written(list.cases));
  must(again && again->cases.size() == list.cases.size());
  for (std::size_t i = 0; i < list.cases.size(); ++i)
    must(again->cases[i].name == list.cases[i].name);
  check_shards(list.cases, choice % 5U + 1U);
  check_filters(list.cases);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  check(parse_gtest_list(text), data[0]);
  if (const auto list = parse_gtest_json_list(text)) check(*list, data[0]);
  gtest_shard(text, text);
  return 0;
}
