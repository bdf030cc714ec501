#include "values/attach.hpp"

#include "base/encoding.hpp"
#include "base/text.hpp"

namespace holdfast {

Result<Attach> parse_attach(std::string_view text) {
  const auto refused = [&](const char* why) {
    return ErrorInWords{text_of({"HOLDFAST_ATTACH=\"", text, "\": ", why})};
  };
  std::string_view rest = text;
  const auto take_word = [&] { return take_part(rest, ' '); };
  if (take_word() != "2") return refused("expected version 2");
  const auto pid = parse_number<int>(take_word());
  const auto start = parse_number<std::uint64_t>(take_word());
  const auto pid_namespace = parse_number<std::uint64_t>(take_word());
  const auto count = parse_number<unsigned>(take_word());
  if (!pid || *pid < 1) return refused("expected ctest's pid, above 0");
  if (!start || !pid_namespace || !count) {
    return refused("expected ctest's start time, its PID namespace and an include count");
  }
  Attach attach{ProcessName{*pid, *start}, *pid_namespace, *count};
  attach.project = take_word();
  attach.tree = rest;
  if (attach.tree.empty() || attach.tree.front() != '/') {
    return refused("expected the absolute path of the build tree at the end");
  }
  return attach;
}

std::string attach_beginning(const ProcessName& ctest, std::uint64_t pid_namespace) {
  return text_of({"2 ", std::to_string(ctest.pid), " ", std::to_string(ctest.start), " ",
                  std::to_string(pid_namespace), " "});
}

std::optional<TestPlace> parse_test_place(std::string_view text) {
  const bool has_numbers = text.find(':') != std::string_view::npos;
  TestPlace place{std::string(take_part(text, ':'))};
  if (place.directory.empty()) return std::nullopt;
  if (!has_numbers) return place;
  const auto in_directory = parse_number<std::uint32_t>(take_part(text, ':'));
  const auto nth = parse_number<std::uint32_t>(text);
  if (!in_directory || !nth) return std::nullopt;
  place.in_directory = *in_directory;
  place.nth = *nth;
  return place;
}

std::string key_of(std::string_view name, const TestPlace& place) {
  Fnv1a hash;
  hash.add(name).end().add(place.directory).end().add(std::to_string(place.in_directory)).end();
  return hexadecimal(hash.value(), 16);
}

}  // namespace holdfast
