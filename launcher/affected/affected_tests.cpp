#include "affected/affected_tests.hpp"

#include <algorithm>
#include <utility>

#include "affected/include_names.hpp"
#include "base/text.hpp"

namespace holdfast {
namespace {

std::string shown_in(std::string_view path, std::string_view tree) {
  return std::string(is_path_below(path, tree) ? path.substr(tree.size() + 1) : path);
}

Certainty certainty_of(Because because) {
  if (because == Because::doubtful || because == Because::missing_program) {
    return Certainty::doubtful;
  }
  if (because == Because::made_elsewhere) return Certainty::made_elsewhere;
  return because == Because::unclear ? Certainty::unclear : Certainty::certain;
}

// Answers one question.
class Selection {
 public:
  using Node = BuildGraph::Node;

  explicit Selection(const AffectedQuestion& question)
      : question_(question),
        index_(question.build.graph),
        reach_(question.build.graph),
        affected_(question.tests.size()) {}

  Affected run() && {
    note_named();
    spread_changes();
    judge_changes();
    if (has_effect_) {
      spread_doubts();
      give_reasons();
      give_reasons_by_groups();
      give_reasons_by_builds();
      give_reasons_by_rules();
      give_reasons_by_preparations();
    }
    return std::move(*this).collect();
  }

 private:
  void note_named() {
    std::unordered_map<Node, std::size_t> changes;
    for (std::size_t i = 0; i < question_.changes.size(); ++i) {
      changes.emplace(question_.changes[i].node, i);
    }
    is_named_.resize(question_.changes.size());
    for (const CandidateTest& test : question_.tests) {
      for (const NamedFile& file : test.files) {
        if (const auto found = changes.find(file.node); found != changes.end()) {
          is_named_[found->second] = true;
        }
        named_.insert(file.node);
      }
      if (!test.builds) continue;
      for (const NamedGroup& named : test.groups) builds_.insert(named.group);
    }
    for (std::size_t i = 0; i < question_.groups.size(); ++i) {
      const FileGroup& group = question_.groups[i];
      nodes_.push_back(nodes_in(index_, group));
      if (!group.makes_known || group.kind == FileGroup::Kind::not_built) continue;
      for (const Node node : nodes_.back()) {
        const auto found = changes.find(node);
        if (found != changes.end() && makes_known(i, question_.changes[found->second])) {
          is_named_[found->second] = true;
        }
      }
    }
  }

  // Who names a directory need not know all that a compiler may find there. A test that builds what
  // is there does.
  bool makes_known(std::size_t number, const ChangedFile& change) const {
    const FileGroup& group = question_.groups[number];
    if (group.kind == FileGroup::Kind::doubt) return false;
    if (group.kind == FileGroup::Kind::glob) return true;
    return !change.is_ignored && (builds_.contains(number) || !is_named_like_source(change.shown));
  }

  // A file that changed is the cause with its index; a doubt comes after all of them.
  void spread_changes() {
    for (std::size_t i = 0; i < question_.changes.size(); ++i) {
      reach_.spread(static_cast<std::uint32_t>(i), question_.changes[i].node);
    }
  }

  // Where a change leads to the output, a doubt adds nothing.
  void spread_doubts() {
    for (std::size_t i = 0; i < question_.build.doubts.size(); ++i) {
      const BuildGraph::Node output = question_.build.doubts[i].output;
      if (!reach_.causes_of(output).empty() && is_change(reach_.causes_of(output).front()))
        continue;
      reach_.spread(static_cast<std::uint32_t>(question_.changes.size() + i), output);
    }
  }

  bool is_change(std::uint32_t cause) const { return cause < question_.changes.size(); }

  const Doubt& doubt_of(std::uint32_t cause) const {
    return question_.build.doubts[cause - question_.changes.size()];
  }

  KnownBy who_knows(std::size_t index) const {
    const ChangedFile& change = question_.changes[index];
    if (change.is_in_build) return KnownBy::build;
    if (is_named_[index]) return KnownBy::test;
    if (!change.rules.empty()) return KnownBy::rule;
    if (change.is_ignored) return KnownBy::ignored;
    return change.is_documentation ? KnownBy::documentation : KnownBy::nobody;
  }

  void judge_changes() {
    const std::vector<bool> configures =
        leading_to(question_.build.graph, question_.build.manifest);
    for (std::size_t i = 0; i < question_.changes.size(); ++i) {
      const ChangedFile& change = question_.changes[i];
      const KnownBy known = configures[change.node] ? KnownBy::configure : who_knows(i);
      known_.push_back(known);
      has_effect_ = has_effect_ || is_needed(i);
      if (known == KnownBy::configure) add_for_all({Because::configured, change.shown});
      if (known == KnownBy::nobody) add_for_all({Because::unknown, change.shown});
    }
    if (has_effect_ && !question_.build.newer_than_manifest.empty()) {
      add_for_all({Because::not_configured, question_.build.newer_than_manifest});
    }
  }

  // Whether a test may need the file that changed.
  bool is_needed(std::size_t change) const {
    return known_[change] != KnownBy::ignored && known_[change] != KnownBy::documentation;
  }

  void add_for_all(Reason reason) {
    if (for_all_.size() < Reach::k_most_causes) for_all_.push_back(std::move(reason));
  }

  void add(std::size_t test, Reason reason) {
    AffectedTest& affected = affected_[test];
    affected.certainty = std::max(affected.certainty, certainty_of(reason.because));
    affected.reasons.push_back(std::move(reason));
  }

  Reason reason_by(std::uint32_t cause, const NamedFile& file) const {
    const std::string through = shown_in(question_.build.graph.path(file.node), question_.tree);
    if (is_change(cause)) {
      const ChangedFile& change = question_.changes[cause];
      if (change.node == file.node) {
        return {Because::named, change.shown, std::string(file.by)};
      }
      return {Because::rebuilt, change.shown, through};
    }
    const Doubt& doubt = doubt_of(cause);
    const std::string output = shown_in(question_.build.graph.path(doubt.output), question_.tree);
    return {Because::doubtful, output, through, doubt.why};
  }

  void give_reasons() {
    for (std::size_t i = 0; i < question_.tests.size(); ++i) {
      const CandidateTest& test = question_.tests[i];
      for (const NamedFile& file : test.files) {
        for (const std::uint32_t cause : reach_.causes_of(file.node)) {
          add(i, reason_by(cause, file));
        }
      }
      if (test.trouble == ProgramTrouble::none) continue;
      const bool is_missing = test.trouble == ProgramTrouble::missing;
      add(i, {is_missing ? Because::missing_program : Because::made_elsewhere, {}, test.program});
    }
  }

  // What happened to a node of a group.
  struct Hit {
    Node node = 0;
    std::uint32_t cause = 0;
  };

  bool counts_in(const FileGroup& group, const Hit& hit) const {
    // What is not built itself, in a directory, may be a name that never becomes a file.
    if (!is_change(hit.cause)) {
      return group.kind != FileGroup::Kind::not_built && doubt_of(hit.cause).output != hit.node;
    }
    const ChangedFile& change = question_.changes[hit.cause];
    if (!is_needed(hit.cause)) return false;
    if (group.kind == FileGroup::Kind::not_built) return !change.is_in_build;
    // `ignore` says which files of a directory do not count.
    return group.kind != FileGroup::Kind::directory || change.node != hit.node ||
           !change.is_ignored;
  }

  // Each cause once, at most Reach::k_most_causes.
  std::vector<Hit> hits_in(std::size_t number) const {
    const FileGroup& group = question_.groups[number];
    std::vector<Hit> hits;
    for (const Node node : nodes_[number]) {
      for (const std::uint32_t cause : reach_.causes_of(node)) {
        if (hits.size() == Reach::k_most_causes) return hits;
        if (std::ranges::find(hits, cause, &Hit::cause) != hits.end()) continue;
        if (counts_in(group, {node, cause})) hits.push_back({node, cause});
      }
    }
    return hits;
  }

  Reason reason_by(const Hit& hit, const NamedGroup& named) const {
    const FileGroup& group = question_.groups[named.group];
    Reason reason = reason_by(hit.cause, NamedFile{hit.node, named.by});
    if (reason.because == Because::doubtful) return reason;
    if (group.kind == FileGroup::Kind::glob) return reason;
    const bool is_doubt = group.kind == FileGroup::Kind::doubt;
    return {is_doubt ? Because::unclear : Because::below, reason.file, named.shown,
            std::string(named.by)};
  }

  // What is certain comes first.
  void give_reasons_by_groups() {
    std::vector<std::vector<Hit>> hits;
    for (std::size_t i = 0; i < question_.groups.size(); ++i) hits.push_back(hits_in(i));
    for (const bool are_doubts : {false, true}) {
      for (std::size_t i = 0; i < question_.tests.size(); ++i) {
        for (const NamedGroup& named : question_.tests[i].groups) {
          const FileGroup& group = question_.groups[named.group];
          if ((group.kind == FileGroup::Kind::doubt) != are_doubts) continue;
          for (const Hit& hit : hits[named.group]) add_once(i, reason_by(hit, named));
        }
      }
    }
  }

  // A file that the test names, too, needs no second reason.
  void add_once(std::size_t test, Reason reason) {
    const auto is_same = [&](const Reason& other) { return other.file == reason.file; };
    if (std::ranges::none_of(affected_[test].reasons, is_same)) add(test, std::move(reason));
  }

  // Whether the source is compiled only into one file that a test names, with nothing but objects
  // on the way.
  bool is_of_one_test(Node source) const {
    std::optional<Node> end;
    std::unordered_set<Node> known{source};
    std::vector<Node> open{source};
    for (std::size_t i = 0; i < open.size(); ++i) {
      for (const BuildGraph::Step step : question_.build.graph.users_of(open[i])) {
        for (const Node output : question_.build.graph.outputs_of(step)) {
          if (question_.build.graph.is_phony(output) || !known.insert(output).second) continue;
          const bool is_object = question_.build.objects.contains(output);
          if (!is_object && (end || !named_.contains(output))) return false;
          if (!is_object) end = output;
          open.push_back(output);
        }
      }
    }
    return end.has_value();
  }

  // A test that starts a build may compile any header and any source of a library.
  bool is_for_builds(std::size_t number) const {
    const ChangedFile& change = question_.changes[number];
    const bool is_source = question_.build.compiled.contains(change.node);
    return change.is_in_build && (!is_source || !is_of_one_test(change.node));
  }

  void give_reasons_by_builds() {
    if (std::ranges::none_of(question_.tests, &CandidateTest::builds)) return;
    std::vector<std::size_t> causes;
    for (std::size_t i = 0; i < question_.changes.size(); ++i) {
      if (causes.size() < Reach::k_most_causes && is_for_builds(i)) causes.push_back(i);
    }
    for (std::size_t i = 0; i < question_.tests.size(); ++i) {
      if (!question_.tests[i].builds) continue;
      for (const std::size_t cause : causes) {
        add_once(i, {Because::nested, question_.changes[cause].shown});
      }
    }
  }

  void give_reasons_by_rules() {
    std::vector<std::size_t> used(question_.rules.size());
    for (const ChangedFile& change : question_.changes) {
      for (const std::size_t rule : change.rules) {
        if (used[rule]++ >= Reach::k_most_causes) continue;
        const RuledTests& ruled = question_.rules[rule];
        for (const std::size_t test : ruled.tests) {
          add(test, {Because::ruled, change.shown, ruled.origin});
        }
      }
    }
  }

  // A provider may turn out to be surer than it was, and its users with it.
  void give_reasons_by_preparations() {
    std::vector<std::vector<std::size_t>> provided(question_.tests.size());
    for (std::size_t i = 0; i < question_.preparations.size(); ++i) {
      for (const std::size_t test : question_.preparations[i].providers) {
        provided[test].push_back(i);
      }
    }
    std::vector<Certainty> best(question_.preparations.size());
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < affected_.size(); ++i) {
      if (!affected_[i].reasons.empty()) open.push_back(i);
    }
    while (!open.empty()) {
      const std::size_t provider = open.back();
      open.pop_back();
      for (const std::size_t one : provided[provider]) {
        const Certainty certainty = affected_[provider].certainty;
        if (certainty <= best[one]) continue;
        const bool is_new = std::exchange(best[one], certainty) == Certainty::none;
        for (const std::size_t user : question_.preparations[one].users) {
          if (user == provider) continue;
          if (use(user, question_.preparations[one], provider, is_new)) open.push_back(user);
        }
      }
    }
  }

  // True: more is known of the user than before.
  bool use(std::size_t user, const Preparation& preparation, std::size_t provider, bool is_new) {
    AffectedTest& affected = affected_[user];
    const Certainty before = affected.certainty;
    if (is_new) {
      affected.reasons.push_back(
          {Because::needs, question_.tests[provider].name, preparation.shown});
    }
    affected.certainty = std::max(before, affected_[provider].certainty);
    return affected.certainty > before;
  }

  Affected collect() && {
    Affected affected;
    for (std::size_t i = 0; i < question_.tests.size(); ++i) {
      AffectedTest& test = affected_[i];
      if (test.reasons.empty() && for_all_.empty()) continue;
      test.number = i + 1;
      test.name = question_.tests[i].name;
      test.reasons.insert(test.reasons.end(), for_all_.begin(), for_all_.end());
      if (!for_all_.empty()) test.certainty = Certainty::certain;
      affected.tests.push_back(std::move(test));
    }
    affected.known = std::move(known_);
    affected.for_all = std::move(for_all_);
    return affected;
  }

  const AffectedQuestion& question_;
  const PathIndex index_;
  Reach reach_;
  std::unordered_set<std::size_t> builds_;  // groups that tests name which start builds
  std::unordered_set<Node> named_;          // files that tests name
  std::vector<std::vector<Node>> nodes_;    // of each group
  std::vector<bool> is_named_;
  bool has_effect_ = false;  // a test may need some file that changed
  std::vector<KnownBy> known_;
  std::vector<Reason> for_all_;
  std::vector<AffectedTest> affected_;  // one for each test; without reasons: it is not affected
};

}  // namespace

std::string to_text(const Reason& reason) {
  switch (reason.because) {
    case Because::rebuilt:
      return reason.file + ", through " + reason.through;
    case Because::named:
      return reason.file + ", which its " + reason.through + " names";
    case Because::below:
      return reason.file + ", for " + reason.through + ", which its " + reason.why + " names";
    case Because::unclear:
      return reason.file + ", if " + reason.through + " of its " + reason.why + " leads there";
    case Because::nested:
      return reason.file + ", which the build that it starts may read";
    case Because::ruled:
      return reason.file + ", by " + reason.through;
    case Because::needs:
      return "the test " + reason.file + ", for " + reason.through;
    case Because::configured:
      return reason.file + ", which CMake reads when it configures the build tree";
    case Because::not_configured:
      return reason.file + ", which is newer than what CMake has configured";
    case Because::unknown:
      return reason.file + ", which nobody knows";
    case Because::doubtful:
      return reason.file + " " + reason.why + ", through " + reason.through;
    case Because::missing_program:
      return reason.through + " does not exist";
    case Because::made_elsewhere:
      return "no step of Ninja makes " + reason.through;
  }
  return {};
}

Affected affected_by(const AffectedQuestion& question) { return Selection(question).run(); }

std::vector<BuildGraph::Node> nodes_in(const PathIndex& index, const FileGroup& group) {
  if (group.kind == FileGroup::Kind::glob || group.kind == FileGroup::Kind::doubt) {
    return index.fitting(group.path);
  }
  std::vector<BuildGraph::Node> nodes = index.below(group.path);
  std::erase_if(nodes, [&](BuildGraph::Node node) {
    return index.path(node).find("/CMakeFiles/", group.path.size()) != std::string::npos;
  });
  return nodes;
}

std::string target_name(const BuildGraph& graph, BuildGraph::Node node, std::string_view tree) {
  const std::string& path = graph.path(node);
  const std::string_view name = last_part_of(path);
  for (const BuildGraph::Node alias : graph.aliases_of(node)) {
    if (shown_in(graph.path(alias), tree) == name) return std::string(name);
  }
  return shown_in(path, tree);
}

}  // namespace holdfast
