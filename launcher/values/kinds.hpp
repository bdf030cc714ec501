// How the values of settings are written: the kinds of values/table.def.
//
// Each kind has read() and print(). read() takes a text into a field; if it fails with `"found":
// expected …`, the field stays as it was. From the text of print(), read() makes the same value. If
// a kind stands for several things, read() adds one of them, and print() prints one.
// k_expected has the words after "expected" for holdfast.toml.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/duration.hpp"
#include "base/environment.hpp"
#include "base/result.hpp"
#include "base/text.hpp"
#include "values/containment.hpp"
#include "values/lock_spec.hpp"
#include "values/policy.hpp"
#include "values/report_request.hpp"
#include "values/retry_rules.hpp"
#include "values/service_spec.hpp"

namespace holdfast::kind {

// What `Parse` reads, and to_text() prints.
template <auto Parse>
struct Parsed {
  template <typename T>
  static Result<void> read(std::string_view text, T& field) {
    HOLDFAST_TRY(field, Parse(text));
    return {};
  }
  template <typename T>
  static std::string print(const T& field) {
    return to_text(field);
  }
};

// `30s`, `250ms`, `1.5`. A Limit may also be none, written as 0.
struct Duration : Parsed<parse_duration> {
  static constexpr std::string_view k_expected =
      R"(a duration such as 30, 1.5, "500ms", "5s" or "2m")";
};
struct Limit : Duration {};

// The index of the text among `words`.
Result<std::size_t> read_word(std::string_view text, const std::string_view* words,
                              std::size_t count);

// One of several words: a value of an enumeration as in base/text.hpp, or an optional one.
struct Word {
  template <Worded E>
  static Result<void> read(std::string_view text, E& field) {
    // NOLINTNEXTLINE(bugprone-dynamic-static-initializers): it is constexpr
    static constexpr auto k_words = words_of(E{});
    HOLDFAST_TRY(const std::size_t word, read_word(text, k_words.data(), k_words.size()));
    field = static_cast<E>(word);
    return {};
  }
  template <Worded E>
  static Result<void> read(std::string_view text, std::optional<E>& field) {
    E value{};
    Result<void> done = read(text, value);
    if (done) field = value;
    return done;
  }
  template <Worded E>
  static std::string print(E field) {
    return std::string(name_of(field));
  }
  template <Worded E>
  static std::string print(const std::optional<E>& field) {
    return field ? print(*field) : std::string();
  }
};

// `true`, `false`; a property may also say ON or OFF.
struct Flag {
  static constexpr std::string_view k_expected = "true or false";
  static Result<void> read(std::string_view text, bool& field);
  static std::string print(bool field) { return field ? "true" : "false"; }
};

// A number between 0 and 1, in thousandths.
struct Share : Parsed<parse_share> {
  static constexpr std::string_view k_expected = "a number between 0 and 1";
  static std::string print(PerMille field) { return share_to_text(field); }
};

Result<unsigned> read_number(std::string_view text, unsigned most);

// A whole number from 0 to `Most`. If the field is optional, the number may be missing.
template <unsigned Most>
struct UpTo {
  template <typename Field>
  static Result<void> read(std::string_view text, Field& field) {
    HOLDFAST_TRY(field, read_number(text, Most));
    return {};
  }
  static std::string print(std::optional<unsigned> field) {
    return field ? std::to_string(*field) : std::string();
  }
};

// `8GiB`, `512MiB`; stored in KiB.
struct Size {
  static constexpr std::string_view k_expected = R"(a size such as "8GiB" or "512MiB")";
  static Result<void> read(std::string_view text, std::optional<std::uint64_t>& field);
  static Result<void> read(std::string_view text, std::uint64_t& field);
  static std::string print(const std::optional<std::uint64_t>& field);
};

// A mask of permissions: `022`, or `0022` as umask(1) prints it.
struct Mask {
  static constexpr std::string_view k_expected = R"(three octal digits such as "022")";
  static Result<void> read(std::string_view text, std::optional<unsigned>& field);
  static std::string print(std::optional<unsigned> field);
};

struct Rules : Parsed<parse_retry_rules> {
  static constexpr std::string_view k_expected = R"(rules such as "exit:4=3,crash=2,any=1")";
};
struct Wait : Parsed<parse_backoff> {
  static constexpr std::string_view k_expected = "a duration such as 2s, or exponential:500ms..30s";
};

// Several words in one text, with commas between.
struct Boundaries : Parsed<parse_containment> {};

// Any text.
struct Command {
  static constexpr std::string_view k_expected = "a command for /bin/sh (an empty one: none)";
  static Result<void> read(std::string_view text, std::string& field);
  static std::string print(const std::string& field) { return field; }
};
struct Path : Command {
  static constexpr std::string_view k_expected = "an absolute path";
};

// One word; in holdfast.toml also a table, which has the two kinds below in it.
struct EngineKind : Word {};
// Words for srun, with blanks between, and quotes around a word with blanks
// (values/srun_words.hpp).
struct SrunOptions {
  static constexpr std::string_view k_expected = R"(options of srun such as "--mem=4G")";
  static Result<void> read(std::string_view text, std::string& field);
  static std::string print(const std::string& field) { return field; }
};
struct Label : Command {
  static constexpr std::string_view k_expected = "a label (an empty one: none)";
};

// Several things in one text, with commas between, each of which `Parse` reads. read() replaces
// earlier ones.
template <auto Parse>
struct ListOf {
  static constexpr auto k_parse = Parse;

  template <typename T>
  static Result<void> read(std::string_view text, std::vector<T>& field) {
    std::vector<T> all;
    for (const std::string_view part : TextParts{text, ','}) {
      if (part.empty()) continue;
      HOLDFAST_TRY(T one, Parse(part));
      if constexpr (std::is_same_v<T, ServiceUse>) {
        add_use(one, all);
      } else {
        all.push_back(std::move(one));
      }
    }
    field = std::move(all);
    return {};
  }
  template <typename T>
  static std::string print(const std::vector<T>& field) {
    return separated(field, ",", [](const T& one) { return to_text(one); });
  }
};

// Some names of locks do not fit into such a text, so messages carry locks in another form
// (settings/wire.cpp).
struct Locks : ListOf<parse_lock_spec> {
  static constexpr std::string_view k_expected =
      R"(a list of locks such as "db", "db:shared" or "gpu:1/4@machine")";
};
// The services that a test uses.
struct Uses : ListOf<parse_service_use> {
  static constexpr std::string_view k_expected =
      R"(a list of services such as "db", "web:exclusive" or "cache:fresh")";
};
// The reports of a run.
struct Reports : ListOf<parse_report_request> {
  static constexpr std::string_view k_expected =
      R"(a list of reports such as "junit:results.xml" or "html:report.html" )"
      R"(("text" and "github" may stand alone))";
};

// `NAME=VALUE` replaces the variable of that name, `NAME=` removes it.
struct Variables {
  static Result<void> read(std::string_view text, std::vector<Variable>& field);
  static std::string print(const Variable& one) { return one.name + "=" + one.value; }
};

// Regular expressions; each read() adds one.
struct Patterns {
  static Result<void> read(std::string_view text, std::vector<std::string>& field);
};

// Absolute paths; each read() adds one. The empty text removes them all.
struct Paths {
  static constexpr std::string_view k_expected =
      R"(a list of absolute paths such as "/tmp/.ICE-unix")";
  static Result<void> read(std::string_view text, std::vector<std::string>& field);
  static std::string print(const std::string& one) { return one; }
};

// Known flakes; each read() adds one: attempts, length of the issue, issue and signature.
struct KnownFlakes {
  static Result<void> read(std::string_view text, std::vector<KnownFlake>& field);
  static std::string print(const KnownFlake& one);
};

}  // namespace holdfast::kind
