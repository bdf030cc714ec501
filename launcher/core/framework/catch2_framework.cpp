#include "core/batch/framework.hpp"
#include "core/framework/catch2_list.hpp"
#include "core/framework/program_words.hpp"

namespace holdfast {
namespace {

// The exit code of version 3.3 and later when every case of the process was skipped.
constexpr int k_all_skipped = 4;

class Catch2 final : public Framework {
 public:
  explicit constexpr Catch2(Telling tells)
      : Framework({"Catch2", "--list-tests", {}, ','}, tells) {}

  // Catch2 ignores upper and lower case in names, so any selection may select another case too.
  bool is_exact(std::string_view /*name*/) const override { return false; }
  bool selects(std::string_view name, std::string_view other) const override {
    return catch2_selects(name, other);
  }
  std::optional<std::string> selection_without(
      std::string_view name, const std::vector<std::string_view>& others) const override {
    return others.empty() ? catch2_selection(name) : std::nullopt;
  }
  std::vector<char*> without_selection(char* const* arguments) const override {
    return catch2_words(arguments).without(
        {Catch2Word::selection, Catch2Word::shard_count, Catch2Word::shard_index});
  }
  bool is_usual_exit(CaseEnd said, int code) const override {
    return code == 0 || (said == CaseEnd::skipped && code == k_all_skipped);
  }
};

constinit const Catch2 k_catch2(Telling::ends);
constinit const Catch2 k_silent_catch2(Telling::nothing);

}  // namespace

const Framework& catch2(FrameworkKind version, Telling tells) {
  const bool is_silent = version == FrameworkKind::catch2_two || tells == Telling::nothing;
  return is_silent ? k_silent_catch2 : k_catch2;
}

}  // namespace holdfast
