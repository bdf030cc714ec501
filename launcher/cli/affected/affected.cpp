#include <fmt/format.h>
#include <fmt/ranges.h>  // join(), which only this header has from fmt 11 on

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/affected/affected_output.hpp"
#include "cli/affected/find_affected.hpp"
#include "cli/commands.hpp"
#include "cli/ctest_listing.hpp"
#include "core/base/printable.hpp"
#include "core/outcome/exit_codes.hpp"

namespace holdfast::cli {
namespace {

struct Options {
  AffectedOrder order;
  std::string format = "names";
  bool explain = false;
};

constexpr std::array<std::string_view, 4> k_formats{"names", "targets", "ctest", "json"};

Result<void> check(const Options& options) {
  if (options.explain && (options.format == "targets" || options.format == "ctest")) {
    return ErrorInWords{"--explain is about tests: expected --format names or json"};
  }
  return {};
}

Result<std::string> listing_of(const AffectedOrder& order) {
  ListingOrder listing{ctest_of(order.tree), order.tree};
  if (!order.configuration.empty()) listing.options = {"-C", order.configuration};
  return list_tests(listing);
}

Result<std::string> output_of(const FoundAffected& found, const Options& options) {
  if (options.format == "json") return affected_json(found, options.order.since);
  if (options.format == "targets") return affected_targets(found);
  if (options.format == "ctest") return affected_expression(found);
  return options.explain ? affected_explained(found) : affected_names(found);
}

Result<std::string> answer_for(Options options) {
  if (const Result<void> checked = check(options); !checked) return checked.error();
  Result<std::string> tree = find_tree(options.order.tree);
  if (!tree) return tree.error();
  options.order.tree = *std::move(tree);
  const Result<std::string> listing = listing_of(options.order);
  if (!listing) return listing.error();
  const Result<FoundAffected> found = find_affected(options.order, *listing);
  if (!found) return found.error();
  for (const std::string& note : found->notes) complain(note);
  return output_of(*found, options);
}

int affected(const Options& options) {
  const Result<std::string> text = answer_for(options);
  if (!text) {
    complain(to_text(text.error()));
    return exit_codes::k_usage;
  }
  fmt::print("{}", *text);
  return exit_codes::k_success;
}

}  // namespace

void add_affected(Command app, int& exit_code) {
  const Command command =
      app.add_subcommand("affected", "which tests the changes since a commit affect");
  const auto options = std::make_shared<Options>();
  command.add_option("--since", options->order.since, "a commit, as git names it")
      .required()
      .check(expected("a commit"));
  command.add_option("--format", options->format, "what is printed (default: names)")
      .one_of(k_formats);
  command.add_flag("--explain", options->explain, "for each test: by which file, and through what");
  command.add_option("-C,--config", options->order.configuration,
                     "the configuration, where the tree has several");
  add_tree_option(command, options->order.tree);
  command.callback([options, &exit_code] { exit_code = affected(*options); });
}

}  // namespace holdfast::cli
