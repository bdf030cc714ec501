#include "core/batch/framework.hpp"
#include "core/framework/catch2_list.hpp"
#include "core/framework/program_words.hpp"

namespace holdfast {
namespace {

// The exit code of version 3.3 and later when every case of the process was skipped.
constexpr int k_all_skipped = 4;

class Catch2 final : public Framework {
 public:
  constexpr Catch2(FrameworkKind version, Telling tells) : version_(version), tells_(tells) {}

  std::string_view name() const override { return "Catch2"; }
  std::string_view list_option() const override { return "--list-tests"; }
  Telling tells() const override { return tells_; }

  // Catch2 ignores upper and lower case in names, so any selection may select another case too.
  bool is_exact(std::string_view /*name*/) const override { return false; }
  bool selects(std::string_view name, std::string_view other) const override {
    return catch2_selects(name, other);
  }
  std::optional<std::string> selection_without(
      std::string_view name, const std::vector<std::string_view>& others) const override {
    return others.empty() ? catch2_selection(name) : std::nullopt;
  }
  std::string_view selecting_option() const override { return {}; }
  std::vector<char*> without_selection(char* const* arguments) const override {
    return catch2_words(arguments).without(
        {Catch2Word::selection, Catch2Word::shard_count, Catch2Word::shard_index});
  }
  char separator() const override { return ','; }

  bool is_usual_exit(CaseEnd said, int code) const override {
    return code == 0 || (said == CaseEnd::skipped && code == k_all_skipped);
  }

 private:
  FrameworkKind version_;
  Telling tells_;
};

constinit const Catch2 k_two(FrameworkKind::catch2_two, Telling::nothing);
constinit const Catch2 k_three(FrameworkKind::catch2_three, Telling::ends);
constinit const Catch2 k_silent_three(FrameworkKind::catch2_three, Telling::nothing);

}  // namespace

const Framework& catch2(FrameworkKind version, Telling tells) {
  if (version == FrameworkKind::catch2_two) return k_two;
  return tells == Telling::nothing ? k_silent_three : k_three;
}

}  // namespace holdfast
