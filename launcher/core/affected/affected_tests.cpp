#include "core/affected/affected_tests.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace holdfast {
namespace {

std::string shown_in(std::string_view path, std::string_view tree) {
  const bool is_below =
      path.size() > tree.size() && path.starts_with(tree) && path[tree.size()] == '/';
  return std::string(is_below ? path.substr(tree.size() + 1) : path);
}

Certainty certainty_of(Because because) {
  switch (because) {
    case Because::doubtful:
    case Because::missing_program:
      return Certainty::doubtful;
    case Because::made_elsewhere:
      return Certainty::made_elsewhere;
    default:
      return Certainty::certain;
  }
}

// Answers one question.
class Selection {
 public:
  explicit Selection(const AffectedQuestion& question)
      : question_(question), reach_(question.graph), affected_(question.tests.size()) {}

  Affected run() && {
    note_named();
    spread_changes();
    judge_changes();
    if (has_effect_) {
      spread_doubts();
      give_reasons();
      give_reasons_by_rules();
      give_reasons_by_preparations();
    }
    return std::move(*this).collect();
  }

 private:
  void note_named() {
    std::unordered_map<BuildGraph::Node, std::size_t> changes;
    for (std::size_t i = 0; i < question_.changes.size(); ++i) {
      changes.emplace(question_.changes[i].node, i);
    }
    is_named_.resize(question_.changes.size());
    for (const CandidateTest& test : question_.tests) {
      for (const NamedFile& file : test.files) {
        if (const auto found = changes.find(file.node); found != changes.end()) {
          is_named_[found->second] = true;
        }
      }
    }
  }

  // A file that changed is the cause with its index; a doubt comes after all of them.
  void spread_changes() {
    for (std::size_t i = 0; i < question_.changes.size(); ++i) {
      reach_.spread(static_cast<std::uint32_t>(i), question_.changes[i].node);
    }
  }

  // Where a change leads to the output, a doubt adds nothing.
  void spread_doubts() {
    for (std::size_t i = 0; i < question_.doubts.size(); ++i) {
      const BuildGraph::Node output = question_.doubts[i].output;
      if (!reach_.causes_of(output).empty() && is_change(reach_.causes_of(output).front()))
        continue;
      reach_.spread(static_cast<std::uint32_t>(question_.changes.size() + i), output);
    }
  }

  bool is_change(std::uint32_t cause) const { return cause < question_.changes.size(); }

  KnownBy who_knows(std::size_t index) const {
    const ChangedFile& change = question_.changes[index];
    if (change.is_in_build) return KnownBy::build;
    if (is_named_[index]) return KnownBy::test;
    if (!change.rules.empty()) return KnownBy::rule;
    if (change.is_ignored) return KnownBy::ignored;
    return change.is_documentation ? KnownBy::documentation : KnownBy::nobody;
  }

  void judge_changes() {
    const std::vector<bool> configures = leading_to(question_.graph, question_.manifest);
    for (std::size_t i = 0; i < question_.changes.size(); ++i) {
      const ChangedFile& change = question_.changes[i];
      const KnownBy known = configures[change.node] ? KnownBy::configure : who_knows(i);
      known_.push_back(known);
      const bool is_needed = known != KnownBy::ignored && known != KnownBy::documentation;
      has_effect_ = has_effect_ || is_needed;
      if (known == KnownBy::configure) add_for_all({Because::configured, change.shown});
      if (known == KnownBy::nobody) add_for_all({Because::unknown, change.shown});
    }
    if (has_effect_ && !question_.newer_than_manifest.empty()) {
      add_for_all({Because::not_configured, question_.newer_than_manifest});
    }
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
    const std::string through = shown_in(question_.graph.path(file.node), question_.tree);
    if (is_change(cause)) {
      const ChangedFile& change = question_.changes[cause];
      if (change.node == file.node) {
        return {Because::named, change.shown, std::string(file.by)};
      }
      return {Because::rebuilt, change.shown, through};
    }
    const Doubt& doubt = question_.doubts[cause - question_.changes.size()];
    const std::string output = shown_in(question_.graph.path(doubt.output), question_.tree);
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
      if (test.trouble == ProgramTrouble::missing) {
        add(i, {Because::missing_program, {}, test.program});
      }
      if (test.trouble == ProgramTrouble::made_elsewhere) {
        add(i, {Because::made_elsewhere, {}, test.program});
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
  Reach reach_;
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

std::string_view word_of(Because because) {
  switch (because) {
    case Because::rebuilt:
      return "rebuilt";
    case Because::named:
      return "named";
    case Because::ruled:
      return "rule";
    case Because::needs:
      return "needs";
    case Because::configured:
      return "configured";
    case Because::not_configured:
      return "not_configured";
    case Because::unknown:
      return "unknown";
    case Because::doubtful:
      return "doubtful";
    case Because::missing_program:
      return "missing_program";
    case Because::made_elsewhere:
      return "made_elsewhere";
  }
  return {};
}

std::string_view word_of(KnownBy known) {
  switch (known) {
    case KnownBy::configure:
      return "configure";
    case KnownBy::build:
      return "build";
    case KnownBy::test:
      return "test";
    case KnownBy::rule:
      return "rule";
    case KnownBy::ignored:
      return "ignored";
    case KnownBy::documentation:
      return "documentation";
    case KnownBy::nobody:
      return "nobody";
  }
  return {};
}

Affected affected_by(const AffectedQuestion& question) { return Selection(question).run(); }

std::string target_name(const BuildGraph& graph, BuildGraph::Node node, std::string_view tree) {
  const std::string& path = graph.path(node);
  const std::string_view name = std::string_view(path).substr(path.rfind('/') + 1);
  for (const BuildGraph::Node alias : graph.aliases_of(node)) {
    if (shown_in(graph.path(alias), tree) == name) return std::string(name);
  }
  return shown_in(path, tree);
}

}  // namespace holdfast
