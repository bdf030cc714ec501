#include "core/batch/framework.hpp"
#include "core/batch/gtest_list.hpp"

namespace holdfast {
namespace {

class Googletest final : public Framework {
 public:
  std::string_view name() const override { return "GoogleTest"; }
  std::string_view list_option() const override { return "--gtest_list_tests"; }
  Telling tells() const override { return Telling::beginnings; }

  bool is_exact(std::string_view name) const override { return is_literal_in_filter(name); }
  bool selects(std::string_view name, std::string_view other) const override {
    return filter_selects(name, other);
  }
  std::optional<std::string> selection_without(
      std::string_view name, const std::vector<std::string_view>& others) const override {
    return filter_without(name, others);
  }
  std::string_view selecting_option() const override { return "--gtest_filter="; }
  // The last filter counts.
  std::vector<char*> without_selection(char* const* arguments) const override {
    std::vector<char*> all;
    for (char* const* word = arguments; *word != nullptr; ++word) all.push_back(*word);
    return all;
  }
  char separator() const override { return ':'; }

  bool is_usual_exit(CaseEnd /*said*/, int code) const override { return code == 0; }
};

constinit const Googletest k_googletest;

}  // namespace

const Framework& googletest() { return k_googletest; }

}  // namespace holdfast
