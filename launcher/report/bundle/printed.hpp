// What a report read from ctest's log, carried in a bundle. The log itself has the outputs of all
// tests, and the next ctest overwrites it.
//
// The outputs lie one after the other in pieces: printed/1, printed/2. printed.jsonl says for each
// place in the log where its output is, or why there is none:
//
//     {"log":"/b/Testing/Temporary/LastTest.log","offset":907,"piece":1,"from":0,"size":22}
//     {"log":"/b/Testing/Temporary/LastTest.log","offset":1402,"note":"failed to read …"}
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "core/base/result.hpp"
#include "report/bundle/bundled_files.hpp"
#include "report/bundle/kept_files.hpp"
#include "report/bundle/packing.hpp"
#include "report/load.hpp"
#include "report/run_outputs.hpp"

namespace holdfast {

// Puts the outputs of all tests that the run's own files do not have into the archive. Those for
// which it has no room are left out.
Result<void> add_printed(Packing& packing, const LoadedReport& loaded, LeftOut& left_out);

class BundledOutputs final : public Outputs {
 public:
  explicit BundledOutputs(std::unique_ptr<BundledFiles> files);

  Printed of(const TestReport& test) override;
  std::string of(const Case& one) override { return own_.of(one); }
  std::string of(const Attempt& earlier) override { return own_.of(earlier); }
  std::string of(const ServiceOutput& part) override { return own_.of(part); }

 private:
  using Place = std::pair<std::string, std::uint64_t>;  // the log, and where in it
  struct Carried {
    std::int64_t piece = 0;  // 0: there is only a note
    OutputPlace place = {};  // in the piece
    std::string note = {};
  };
  void note_line(const std::string& line);

  BundledFiles& files_;  // those of own_
  RunOutputs own_;
  std::map<Place, Carried> carried_;
  std::int64_t opened_ = 0;       // the piece that `piece_` reads
  std::optional<RunFile> piece_;  // none: it cannot be read
};

}  // namespace holdfast
