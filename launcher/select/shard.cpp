// `holdfast shard`: says which tests are in a shard.
#include <algorithm>
#include <cstddef>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "command/command.hpp"
#include "select/selection.hpp"

namespace holdfast::cli {
namespace {

struct ShardOptions {
  std::string shard;
  Restrictions restrictions;
  std::string format = "names";
  std::string tree;
  std::vector<std::string> words;  // for ctest
  std::vector<std::string> stray;
};

std::string json_of(const Chosen& chosen, const ShardNumber& shard) {
  nlohmann::ordered_json object;
  object["version"] = 1;
  object["shard"] = to_text(shard);
  object["fingerprint"] = chosen.division->fingerprint;
  object["tests"] = nlohmann::ordered_json::array();
  for (const std::size_t place : chosen.division->shards[shard.number - 1]) {
    const SelectableTest& test = chosen.all.tests[chosen.divided[place]];
    nlohmann::ordered_json one{{"test", test.name}, {"index", test.number}};
    one["seconds"] = nullptr;
    if (const auto& time = chosen.times[place]) one["seconds"] = static_cast<double>(*time) / 1000;
    object["tests"].push_back(std::move(one));
  }
  return object.dump() + '\n';
}

Result<std::string> text_of(const ShardOptions& options) {
  if (!options.stray.empty()) {
    return ErrorInWords{brief_in_quotes(options.stray.front()) +
                        ": expected --timings, --format or --tree, and -- before ctest's own "
                        "arguments"};
  }
  const Result<ShardNumber> shard = parse_shard(options.shard);
  if (!shard) return ErrorInWords{to_text("shard", shard.error())};
  HOLDFAST_TRY(const UserCall user, user_call(options.tree, options.words));
  Restrictions restrictions = options.restrictions;
  restrictions.shard = *shard;
  HOLDFAST_TRY(const Chosen chosen, choose(user, restrictions));
  if (options.format == "json") return json_of(chosen, *shard);
  std::vector<std::string> names =
      collected(chosen.tests, [&](std::size_t place) { return chosen.all.tests[place].name; });
  if (options.format == "names") return names_as_lines(names);
  // An expression selects all tests of a name.
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names_as_expression(names);
}

}  // namespace

void add_shard(Command app, const std::vector<std::string>& words) {
  const Command command = app.add_subcommand("shard", "name the tests of shard I of N");
  const auto options = std::make_shared<ShardOptions>();
  options->words = words;
  command.add_option("SHARD", options->shard, "I/N: shard I of N")
      .required()
      .check(expected("I/N"));
  command
      .add_option("--timings", options->restrictions.timings,
                  "a history with the times of tests, the same for all shards")
      .check(expected("the path of a history"));
  command
      .add_option("--format", options->format,
                  "names, one on each line (default); an expression for ctest -R; or JSON")
      .one_of(std::vector<std::string>{"names", "ctest", "json"});
  add_tree_option(command, options->tree);
  command.footer("After --: ctest's own arguments, such as -j8 -L unit.");
  command.allow_extras();
  command.callback([options, command] {
    options->stray = command.remaining();
    return exit_code_of(print_or_fail(text_of(*options)));
  });
}

}  // namespace holdfast::cli
