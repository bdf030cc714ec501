// Programs of GoogleTest 1.8 and later, linked with Holdfast's support or not.
#include <holdfast/worker_protocol.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <vector>

#include "base/environment.hpp"
#include "base/names.hpp"
#include "base/text.hpp"
#include "batches/batch_report.hpp"
#include "batches/gtest_list.hpp"
#include "batches/side_by_side.hpp"
#include "batches/test_program.hpp"
#include "os/file/descriptors.hpp"
#include "os/stack/program_reader.hpp"

namespace holdfast::exec {
namespace {

constexpr std::string_view k_total_shards = "GTEST_TOTAL_SHARDS";
constexpr std::string_view k_shard_index_variable = "GTEST_SHARD_INDEX";
constexpr std::string_view k_brief_flag = "--gtest_brief";
constexpr std::string_view k_list_flag = "--gtest_list_tests";
// GoogleTest has these two flags since 1.18.
constexpr std::string_view k_total_shards_flag = "--gtest_total_shards";
constexpr std::string_view k_shard_index_flag = "--gtest_shard_index";
constexpr std::string_view k_output_flag = "--gtest_output";

// Room for a filter that names a million cases.
constexpr std::size_t k_longest_flag_file = 64UL * 1024UL * 1024UL;

// True: the flag is set, as GoogleTest reads it. A flag without a value is set.
bool is_set(std::string_view argument) {
  const std::string_view value = value_in(argument);
  return value.empty() || (value[0] != '0' && value[0] != 'f' && value[0] != 'F');
}

bool is_flag(std::string_view argument, std::string_view flag) {
  return argument.starts_with(flag) &&
         (argument.size() == flag.size() || argument[flag.size()] == '=');
}

// Returns the words that GoogleTest may take for its flags, in GoogleTest's order: the arguments,
// with the lines of each flag file in place of that file. GoogleTest itself refuses a file that
// cannot be read.
std::vector<std::string> flags_of(const os::Command& command) {
  std::vector<std::string> flags;
  for (char** word = command.arguments; *word != nullptr; ++word) {
    if (!is_flag(*word, "--gtest_flagfile")) {
      flags.emplace_back(*word);
      continue;
    }
    const Result<std::string> text =
        os::read_file(std::string(value_in(*word)), k_longest_flag_file);
    if (!text) continue;
    for (std::string_view rest = *text; !rest.empty();) flags.emplace_back(take_part(rest, '\n'));
  }
  return flags;
}

// A command as it was given, with its flags.
struct GtestCommand {
  explicit GtestCommand(const os::Command& given) : command(given), flags(flags_of(given)) {}
  // The last of these flags, which counts; null: none is there.
  const std::string* last(std::string_view flag) const {
    const auto found = std::find_if(flags.rbegin(), flags.rend(),
                                    [flag](const std::string& one) { return is_flag(one, flag); });
    return found == flags.rend() ? nullptr : &*found;
  }

  os::Command command;
  std::vector<std::string> flags;
};

// The parts of a run's selection that do not show in the program's list.
struct Selection {
  Disabled disabled = Disabled::left_out;
  std::optional<GtestShard> shard;
};

Selection selection_of(const GtestCommand& given) {
  Selection selection;
  char** environment = given.command.environment;
  if (variable_in(environment, "GTEST_ALSO_RUN_DISABLED_TESTS", "0") != "0") {
    selection.disabled = Disabled::run_too;
  }
  std::string_view total = variable_in(environment, k_total_shards);
  std::string_view index = variable_in(environment, k_shard_index_variable);
  if (const std::string* flag = given.last("--gtest_also_run_disabled_tests")) {
    selection.disabled = is_set(*flag) ? Disabled::run_too : Disabled::left_out;
  }
  if (const std::string* flag = given.last(k_total_shards_flag)) total = value_in(*flag);
  if (const std::string* flag = given.last(k_shard_index_flag)) index = value_in(*flag);
  selection.shard = gtest_shard(total, index);
  return selection;
}

// True: the command has `--gtest_list_tests` set. It runs no case then, in any isolation.
bool only_lists(const GtestCommand& given) {
  const std::string* flag = given.last(k_list_flag);
  return flag != nullptr && is_set(*flag);
}

// Where the command or its environment wants GoogleTest's XML: `xml:FILE`, `xml:DIRECTORY/`, `xml`.
// Empty: nowhere, or it wants another form.
std::string xml_report_of(const GtestCommand& given) {
  const auto in_full = [](const std::string& file) {
    const std::string here = file.starts_with('/') ? std::string() : os::working_directory();
    return here.empty() ? file : here + "/" + file;
  };
  // Bazel's variable for the same. A variable that is set and empty counts as set.
  const std::string_view of_bazel = variable_in(given.command.environment, "XML_OUTPUT_FILE");
  const std::string by_default =
      of_bazel.data() == nullptr ? std::string() : "xml:" + std::string(of_bazel);
  std::string_view wanted =
      variable_in(given.command.environment, environment::k_googletest_output, by_default);
  if (const std::string* flag = given.last(k_output_flag)) wanted = value_in(*flag);
  if (wanted == "xml") return in_full("test_detail.xml");
  if (!wanted.starts_with("xml:")) return {};
  const std::string file(wanted.substr(4));
  if (!file.empty() && !file.ends_with('/')) return in_full(file);
  return in_full(file + std::string(last_part_of(given.command.arguments[0])) + ".xml");
}

// A report of ours takes the place of a file. A device, a pipe and a link stay what they are: each
// process writes there itself.
std::string as_file(std::string path) {
  struct stat info {};
  const bool is_there = ::lstat(path.c_str(), &info) == 0;
  if (is_there ? !S_ISREG(info.st_mode) : errno != ENOENT) path.clear();
  return path;
}

// Hides the shard from a process for which we have chosen the shard's cases.
void hide_shard(WorkerCommand& made, const GtestCommand& given) {
  // GoogleTest itself refuses values that make no shard.
  if (!selection_of(given).shard) return;
  made.hide_variable(k_total_shards);
  made.hide_variable(k_shard_index_variable);
  // We cannot remove a flag that stands in a file. But the last flag counts, and -1 means no shard.
  for (const std::string_view flag : {k_total_shards_flag, k_shard_index_flag}) {
    if (given.last(flag) != nullptr) made.add_arguments({std::string(flag) + "=-1"});
  }
}

class GoogletestProgram final : public TestProgram {
 public:
  // A linked program tells of its cases on its socket. The report that others are asked for is of
  // the last repetition only.
  GoogletestProgram(const os::Command& command, const std::string& markers, bool may_ask)
      : given_(command),
        markers_(markers),
        parts_(parts_in(markers)),
        report_(markers.empty() || only_lists(given_) ? std::string()
                                                      : as_file(xml_report_of(given_))),
        is_linked_(os::elf_section_holds(command.arguments[0], HOLDFAST_WORKER_SECTION,
                                         HOLDFAST_WORKER_NAME)),
        asks_(may_ask && !is_linked_ && !markers.empty() &&
              may_be_asked_for_report(command.arguments, command.environment) &&
              given_.last(k_output_flag) == nullptr && given_.last("--gtest_repeat") == nullptr &&
              variable_in(command.environment, "GTEST_REPEAT").empty()) {}

  const Framework& framework() const override { return googletest(); }

  // A program that was told to list its cases runs none. One that forks its cases says so in its
  // file, because any other program would have to be started in vain.
  Start start(Isolation wanted) const override {
    if (only_lists(given_)) return {Isolation::none, {}};
    if (wanted != Isolation::fork || is_linked_) return {wanted, {}};
    return {Isolation::process,
            "cannot fork its cases, each gets a process of its own: it is not linked with "
            "Holdfast::gtest_main"};
  }

  WorkerCommand running_all() const override {
    WorkerCommand made(given_.command);
    // An unmodified program is followed by its output, so the output must not be brief. We add the
    // flag only if the command already has it: a release that does not know the flag would print
    // its help.
    if (given_.last(k_brief_flag) != nullptr)
      made.add_arguments({std::string(k_brief_flag) + "=0"});
    made.hide_variable("GTEST_BRIEF");
    // Programs that a case starts do not inherit an argument.
    if (!report_.empty()) {
      made.add_arguments({"--gtest_output=xml:" + next_part()});
    } else if (asks_) {
      made.add_arguments(
          {"--gtest_output=xml:" + report_file_in(markers_, names::k_googletest_cases_file)});
    }
    return made;
  }

  WorkerCommand running(const std::string& selection, Selected /*selected*/) const override {
    WorkerCommand made = running_all();
    made.add_arguments({"--gtest_filter=" + selection});
    hide_shard(made, given_);
    made.hide_variable("GTEST_SHARD_STATUS_FILE");
    return made;
  }

  // Its children would all write one file.
  WorkerCommand serving() const override {
    WorkerCommand made = running_all();
    if (!report_.empty()) made.add_arguments({"--gtest_output="});
    return made;
  }

  std::string wanted_report() const override { return report_; }

  WorkerCommand listing() const override {
    const std::string file = report_file_in(markers_, names::k_googletest_list_file);
    WorkerCommand made = running_all();
    hide_shard(made, given_);
    made.add_arguments({k_list_flag});
    // The flag is added even if we have no file: otherwise the list would overwrite the report of a
    // run.
    made.add_arguments({"--gtest_output=" + (file.empty() ? file : "json:" + file)});
    return made;
  }

  BatchEvent listed(std::string_view printed, const WorkerEnd& end) const override {
    BatchEvent event{.kind = BatchEvent::Kind::not_listed, .end = end};
    if (!end.ended_well()) return event;
    const Selection selection = selection_of(given_);
    GtestList list = take_list(printed);
    Runnable found = runnable(std::move(list.cases), selection.disabled, selection.shard);
    event.kind = BatchEvent::Kind::listed;
    event.cases = std::move(found.cases);
    event.others = std::move(found.others);
    event.why = std::move(list.trouble);
    return event;
  }

  std::unique_ptr<BatchWorker> worker(WorkerOrder order) const override {
    GtestReportFiles report;
    report.tells = asks_ ? markers_ : std::string();
    if (!report_.empty()) {
      report.part = part_;
      report.parts = parts_;
    }
    return gtest_worker(std::move(order), std::move(report));
  }

  void use(const std::string& markers) override { markers_ = markers; }

  bool is_shard() const override { return selection_of(given_).shard.has_value(); }

 private:
  // Reads the list from the file that the program was asked for. Releases before 1.10 write no such
  // file; then the list is what the program has printed.
  GtestList take_list(std::string_view printed) const {
    const std::optional<std::string> json =
        take_report_file(markers_, names::k_googletest_list_file);
    if (json) {
      if (std::optional<GtestList> list = parse_gtest_json_list(*json)) return std::move(*list);
    }
    return parse_gtest_list(printed);
  }

  // Each process writes a file of its own beside the user's: it has the same rights there. Nobody
  // can guess its name, and so nobody can put a link there.
  std::string next_part() const {
    std::uint64_t random = 0;
    (void)::getrandom(&random, sizeof random, 0);
    part_ = report_ + "." + std::to_string(random);
    return part_;
  }

  GtestCommand given_;
  std::string markers_;
  std::string parts_;
  std::string report_;        // where the user wants an XML report
  mutable std::string part_;  // what the last process writes of it
  bool is_linked_;
  bool asks_;
};

}  // namespace

std::unique_ptr<TestProgram> googletest_program(const os::Command& command,
                                                const std::string& markers, bool may_ask) {
  return std::make_unique<GoogletestProgram>(command, markers, may_ask);
}

}  // namespace holdfast::exec
