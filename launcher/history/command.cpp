// The commands that answer from the history: failed, flaky, history, slowest and compare. None of
// them runs a test.
#include "history/command.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/environment.hpp"
#include "base/names.hpp"
#include "base/text.hpp"
#include "cleanup/dead_runs.hpp"
#include "command/command.hpp"
#include "history/answers.hpp"
#include "journal/run_directory.hpp"
#include "os/file/clock.hpp"
#include "os/file/own_files.hpp"
#include "os/signal/replacing.hpp"
#include "report/report_output.hpp"

namespace holdfast::cli {
namespace {

namespace fs = std::filesystem;

// Twice within the runs that a tree keeps, so that a run which died at such a moment is not lost.
constexpr std::uint64_t k_runs_at_once = k_runs_kept / 2;

Result<History> with_runs_of(const std::string& tree, Result<History> history) {
  if (!history || tree.empty()) return history;
  const auto goes_on = [](const RunEntry& run) { return !settle(run); };
  if (const auto added = absorb(tree, *history, goes_on, os::unix_now()); !added)
    return added.error();
  return history;
}

// What the tree of another user remembers, and its runs; nothing is written there.
Result<History> look_at_runs_of(const std::string& tree, const fs::path& file) {
  HOLDFAST_TRY(History seen, History::in_memory());
  if (os::exists_own(file.string())) {
    HOLDFAST_TRY(History past, History::open_existing(file));
    if (const auto added = seen.add_all_of(past); !added) return added.error();
  }
  return with_runs_of(tree, std::move(seen));
}

// Gives the tree's own history another name if it is damaged, and says so: the next open_history()
// begins a new one. To be called when something about it failed.
bool put_aside_if_damaged(const std::string& tree) {
  if (!variable(environment::k_history).empty()) return false;
  const std::string file = (fs::path(tree) / names::k_history_file).string();
  Result<Database> database = Database::open(file, Database::Use::read);
  if (!database || !database->is_damaged()) return false;
  const std::string aside = file + ".damaged";
  if (!os::rename_own(file, aside)) return false;
  complain("the history was damaged: it is now " + aside + ", and a new one is begun");
  return true;
}

Result<History> with_runs_of(const std::string& tree) {
  HOLDFAST_TRY(const fs::path file, history_file(tree));
  Result<History> history = with_runs_of(tree, History::open(file));
  if (history || !put_aside_if_damaged(tree)) return history;
  return with_runs_of(tree, History::open(file));
}

struct HistoryOptions {
  std::string tree;
  std::string format = "text";
  std::vector<std::string> words;
};

constexpr std::string_view k_expected =
    "history: expected TEST, export FILE, import FILE... or merge FILE...";

// Empty: there is none here or above.
Result<std::string> tree_of(const HistoryOptions& options) {
  if (!options.tree.empty()) return find_tree(options.tree);
  return find_build_tree(fs::current_path()) ? find_tree({}) : Result<std::string>(std::string());
}

// The answer from all runs, oldest first, or from what they say of one test.
template <typename Answer>
Result<Answer> answer_from(History& history, std::optional<std::string_view> test = std::nullopt) {
  HOLDFAST_TRY(const std::vector<RunHead> runs, history.runs());
  Answer answer;
  for (const RunHead& head : runs) {
    HOLDFAST_TRY(const PastRun run, history.load(head, test));
    answer.add(run);
  }
  return answer;
}

// Opens the history and prints what `answer` says of it.
Result<int> print_answer(const HistoryOptions& options,
                         const std::function<Result<std::string>(History&)>& answer) {
  HOLDFAST_TRY(const std::string tree, tree_of(options));
  Result<History> history = open_history(tree);
  if (!history) return history.error();
  Result<std::string> text = answer(*history);
  if (!text && put_aside_if_damaged(tree)) {
    history = open_history(tree);
    if (history) text = answer(*history);
  }
  return print_or_fail(text);
}

Result<std::string> failed(const HistoryOptions& options, History& history) {
  HOLDFAST_TRY(const LastSeen seen, answer_from<LastSeen>(history));
  const std::vector<RedTest> red = seen.red();
  if (options.format == "text") return failed_text(red);
  if (options.format == "json") return failed_json(red);
  auto names = collected(red, [](const RedTest& test) { return test.last.test.name; });
  names.erase(std::unique(names.begin(), names.end()), names.end());
  if (options.format == "ctest") return names_as_expression(names);
  return names_as_lines(names);
}

Result<std::string> flaky(const HistoryOptions& options, History& history) {
  HOLDFAST_TRY(const Flakiness flakiness, answer_from<Flakiness>(history));
  return options.format == "json" ? flaky_json(flakiness) : flaky_text(flakiness);
}

Result<std::string> slowest(const HistoryOptions& options, History& history) {
  HOLDFAST_TRY(const Durations durations, answer_from<Durations>(history));
  const std::vector<SlowTest> sorted = durations.sorted();
  return options.format == "json" ? slowest_json(sorted) : slowest_text(sorted);
}

// Whether the terminal, or whatever reads us, takes more than ASCII (locale(7)).
Charset charset() {
  std::string locale = variable("LC_ALL");
  if (locale.empty()) locale = variable("LC_CTYPE");
  if (locale.empty()) locale = variable("LANG");
  locale = lower(std::move(locale));
  const bool is_utf8 =
      locale.find("utf-8") != std::string::npos || locale.find("utf8") != std::string::npos;
  return is_utf8 ? Charset::unicode : Charset::ascii;
}

Result<std::string> of_test(const HistoryOptions& options, const std::string& test,
                            History& history) {
  HOLDFAST_TRY(const TestHistory answer, answer_from<TestHistory>(history, test));
  if (answer.tests().empty()) {
    std::string line = "no run in the history has a test called " + brief_in_quotes(test);
    const bool is_verb = test == "export" || test == "import" || test == "merge";
    if (is_verb) line += "; " + std::string(k_expected);
    return ErrorInWords{line};
  }
  return options.format == "json" ? history_json(answer) : history_text(answer, charset());
}

// `wanted`: latest, an id, the number of a run, or the beginning of one id.
Result<RunHead> find_in(const std::vector<RunHead>& runs, const std::string& wanted) {
  if (!runs.empty() && wanted == "latest") return runs.back();
  std::vector<RunHead> meant;
  for (const RunHead& run : runs) {
    if (may_mean(run.id, wanted)) meant.push_back(run);
  }
  for (const RunHead& run : runs) {
    if (names_run(run.id, wanted)) meant = {run};
  }
  if (meant.size() == 1) return meant.front();
  const std::span named(meant.empty() ? runs : meant);
  const std::string ids =
      separated(named.last(std::min<std::size_t>(named.size(), 5)), ", ", &RunHead::id);
  return ErrorInWords{"RUN " + brief_in_quotes(wanted) + ": " +
                      (meant.empty() ? "no such run in the history; the latest are "
                                     : "several runs begin with that: ") +
                      (ids.empty() ? "none" : ids)};
}

Result<std::string> compare_runs(const HistoryOptions& options, History& history) {
  HOLDFAST_TRY(const std::vector<RunHead> runs, history.runs());
  PastRun loaded[2];
  for (std::size_t i = 0; i < 2; ++i) {
    HOLDFAST_TRY(const RunHead head, find_in(runs, options.words[i]));
    HOLDFAST_TRY(loaded[i], history.load(head));
  }
  Durations times;
  const auto last = std::find(runs.begin(), runs.end(), loaded[0].head);
  const auto first = last - std::min<std::ptrdiff_t>(k_last_runs - 1, last - runs.begin());
  for (auto head = first; head != runs.end() && head <= last; ++head) {
    HOLDFAST_TRY(const PastRun run, history.load(*head));
    times.add(run);
  }
  const Comparison comparison = compare(loaded[0], loaded[1], times);
  return options.format == "json" ? comparison_json(comparison) : comparison_text(comparison);
}

// Has nothing to print.
Result<std::string> write_copy(History& history, const std::string& target) {
  std::error_code failed;
  if (fs::is_directory(target, failed)) return Error{"write " + target + ": it is a directory"};
  HOLDFAST_DO(os::replace_file(target, [&](const os::Draft& draft) -> Result<void> {
    const Result<void> done = history.copy_to(draft.path);
    if (done) return {};
    // SQLite speaks of the file that it reads.
    return Error{"write " + target + ": " + to_text(done.error())};
  }));
  return std::string();
}

// Adds the runs of the files, and says how many were new.
Result<std::string> add_files(History& history, const std::vector<std::string>& files,
                              std::size_t first) {
  std::size_t added = 0;
  for (std::size_t i = first; i < files.size(); ++i) {
    HOLDFAST_TRY(History other, History::open_existing(files[i]));
    HOLDFAST_TRY(const std::size_t runs, history.add_all_of(other));
    added += runs;
  }
  HOLDFAST_DO(history.prune(os::unix_now()));
  return counted(added, "run") + " added\n";
}

// Makes the first file of all: what it has, and what the others have. Without others it is made, or
// stays as it is.
Result<std::string> merge(const std::vector<std::string>& files) {
  const auto merged_in = [&](const fs::path& file) {
    Result<History> first = History::open(file);
    return first ? add_files(*first, files, 2) : Result<std::string>(first.error());
  };
  const fs::path target = fs::absolute(files[1]);
  std::error_code failed;
  if (fs::exists(target, failed)) return merged_in(target);
  std::string said;
  const auto merge_into = [&](const os::Draft& draft) -> Result<void> {
    HOLDFAST_TRY(said, merged_in(draft.path));
    return {};
  };
  HOLDFAST_DO(os::replace_file(target.string(), merge_into));
  return said;
}

Result<int> history(const HistoryOptions& options) {
  const std::vector<std::string>& words = options.words;
  const std::string& verb = words.front();
  if (words.size() == 1) {
    return print_answer(options, [&](History& past) { return of_test(options, verb, past); });
  }
  if (verb == "export" && words.size() == 2) {
    return print_answer(options, [&](History& past) { return write_copy(past, words[1]); });
  }
  if (verb == "import") {
    return print_answer(options, [&](History& past) { return add_files(past, words, 1); });
  }
  if (verb == "merge") return print_or_fail(merge(words));
  return refused(std::string(k_expected));
}

AddedCommand<HistoryOptions> add_answer(Command app, const char* name, const char* help,
                                        const std::vector<std::string>& formats,
                                        Result<int> (*act)(const HistoryOptions&)) {
  const AddedCommand<HistoryOptions> added = add_command(app, name, help, act);
  added.command.add_option("--format", added.options->format, "what is printed (default: text)")
      .one_of(formats);
  add_tree_option(added.command, added.options->tree);
  return added;
}

template <Result<std::string> (*Answer)(const HistoryOptions&, History&)>
Result<int> answered(const HistoryOptions& options) {
  return print_answer(options, [&](History& past) { return Answer(options, past); });
}

// To be called when runs have ended; `first` and `last` are their ids. The tree's own history gets
// its runs ten at a time, because opening it takes longer than all else that `holdfast end` does:
// their journals are kept until then. A file that HOLDFAST_HISTORY names gets each run at once,
// because the tree may be gone soon. Returns what went wrong, for people: a history never fails a
// run.
std::string remember_runs(const std::string& tree, const std::string& first,
                          const std::string& last) {
  const bool is_carried = !variable(environment::k_history).empty();
  const std::uint64_t from = number_of_run(first);
  if (!is_carried &&
      (from == 0 || number_of_run(last) / k_runs_at_once == (from - 1) / k_runs_at_once)) {
    return {};
  }
  const Result<History> history = with_runs_of(tree);
  if (history) return {};
  return "ignoring that the run is not in the history: " + to_text(history.error());
}

Result<void> write_wanted(const LoadedReport& loaded, const ReportRequest& wanted,
                          const fs::path& tree, std::string& printed) {
  if (wanted.file.empty()) {
    produce(loaded, wanted.format, [&](std::string_view piece) { printed += piece; });
    return add_to_page(loaded, wanted.format);
  }
  const fs::path file = tree / wanted.file;
  std::error_code failed;
  fs::create_directories(file.parent_path(), failed);
  return write_report(loaded, wanted.format, file);
}

void complain_of(std::string_view report, const Error& error, SaidAtEnd& said) {
  if (!said.trouble.empty()) said.trouble += "; ";
  said.trouble += "ignoring that the report " + brief(report) + " is missing: " + to_text(error);
}

}  // namespace

Result<fs::path> history_file(const std::string& tree) {
  const std::string named = variable(environment::k_history);
  if (named.empty() && tree.empty()) {
    return ErrorInWords{"no build tree here or above: expected --tree DIR, or HOLDFAST_HISTORY"};
  }
  if (named.empty()) return fs::path(tree) / names::k_history_file;
  if (!named.starts_with('/')) {
    return ErrorInWords{std::string(environment::k_history) + " " + brief_in_quotes(named) +
                        ": expected an absolute path"};
  }
  return fs::path(named);
}

Result<History> open_history(const std::string& tree) {
  const Result<fs::path> file = history_file(tree);
  const bool is_own = variable(environment::k_history).empty();
  if (file && is_own && os::is_tree_of_another(tree)) return look_at_runs_of(tree, *file);
  Result<History> history = with_runs_of(tree);
  if (history) return history;
  if (!file) return history;
  Result<History> as_it_is = History::open_existing(*file);
  if (!as_it_is) return history;  // on a full disk, it may be empty
  complain("the latest runs are not in the history: " + to_text(history.error()));
  return as_it_is;
}

SaidAtEnd write_wanted_reports(const LoadedReport& loaded,
                               const std::vector<ReportRequest>& reports, const fs::path& tree) {
  SaidAtEnd said;
  for (const ReportRequest& wanted : reports) {
    const Result<void> written = write_wanted(loaded, wanted, tree, said.text);
    if (!written) complain_of(to_text(wanted), written.error(), said);
  }
  return said;
}

SaidAtEnd after_runs(const EndedRuns& ended) {
  SaidAtEnd said;
  if (!ended.reports.empty()) {
    const Result<RunEntry> run = find_run(ended.tree, ended.last);
    const Result<LoadedReport> loaded =
        run ? load_whole_report(*run, RunState::over) : Result<LoadedReport>(run.error());
    if (loaded) {
      said = write_wanted_reports(*loaded, ended.reports, ended.tree);
    } else {
      complain_of("of the run", loaded.error(), said);
    }
  }
  const std::string trouble = remember_runs(ended.tree, ended.first, ended.last);
  if (!trouble.empty()) said.trouble += (said.trouble.empty() ? "" : "; ") + trouble;
  return said;
}

void add_history(Command app) {
  add_answer(app, "failed", "what was red when it was last seen, in any run",
             {"text", "names", "ctest", "json"}, answered<failed>);
  add_answer(app, "flaky", "which tests are flaky, how often and since when", {"text", "json"},
             answered<flaky>);
  add_answer(app, "slowest", "which tests take longest", {"text", "json"}, answered<slowest>);
  const AddedCommand<HistoryOptions> of_test =
      add_answer(app, "history", "the outcomes of a test in all runs", {"text", "json"}, history);
  of_test.command
      .add_option("TEST", of_test.options->words,
                  "a test; or export FILE, import FILE..., merge FILE...")
      .required()
      .check(expected("a test, or export, import or merge and files"));
  const AddedCommand<HistoryOptions> of_runs =
      add_answer(app, "compare", "what is newly red or slow in the second run", {"text", "json"},
                 answered<compare_runs>);
  of_runs.command
      .add_option("RUN", of_runs.options->words, "two runs: an id, the beginning of one, or latest")
      .required()
      .takes(2)
      .check(expected("a run"));
}

}  // namespace holdfast::cli
