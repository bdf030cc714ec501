#include "report/bundle/printed.hpp"

#include "core/base/printable.hpp"
#include "core/base/utf8.hpp"
#include "core/bundle/bundle_names.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <limits>

namespace holdfast {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t k_printed_piece = 1U << 20U;

std::string piece_name(std::int64_t number) {
  return fmt::format("{}{}", bundle_names::k_printed_pieces, number);
}

// Collects outputs into pieces of bounded size, because those of a large run do not fit into
// memory.
class PrintedWriter {
 public:
  explicit PrintedWriter(Packing& packing) : packing_(packing) {}

  // Whether there is room for an output of this size, and for the index.
  bool has_room(std::size_t size) const {
    return packing_.has_room(piece_name(number_), piece_.size() + index_.size() + size);
  }

  Result<void> add(const OutputPlace& place, const Printed& printed) {
    Json line;
    line["log"] = valid_utf8(place.log);
    line["offset"] = place.offset;
    if (printed.note.empty()) {
      line["piece"] = number_;
      line["from"] = piece_.size();
      line["size"] = printed.text.size();
      piece_ += printed.text;
    } else {
      line["note"] = valid_utf8(printed.note);
    }
    index_ += line.dump() + '\n';
    return piece_.size() < k_printed_piece ? Result<void>() : end_piece();
  }

  Result<void> finish() {
    if (Result<void> ended = end_piece(); !ended) return ended;
    return packing_.add(std::string(bundle_names::k_printed), index_);
  }

 private:
  Result<void> end_piece() {
    if (piece_.empty()) return {};
    Result<void> added = packing_.add(piece_name(number_), piece_);
    piece_.clear();
    ++number_;
    return added;
  }

  Packing& packing_;
  std::string index_;
  std::string piece_;
  std::int64_t number_ = 1;
};

std::unique_ptr<RunFiles> as_run_files(std::unique_ptr<BundledFiles> files) { return files; }

}  // namespace

Result<void> add_printed(Packing& packing, const LoadedReport& loaded, LeftOut& left_out) {
  PrintedWriter writer(packing);
  for (const TestReport& test : loaded.report.tests) {
    if (test.attempts.empty() || !test.output_place) continue;
    Printed printed = loaded.outputs->of(test);
    if (is_kept_with_run(*test.output_place) && printed.note.empty()) continue;
    if (!writer.has_room(printed.text.size())) {
      left_out.note("the output of " + brief(test.name), "the bundle has no room for it");
      printed = {{}, "the bundle had no room for it"};
    }
    if (Result<void> added = writer.add(*test.output_place, printed); !added) return added;
  }
  return writer.finish();
}

// The log of the run is on another machine, so none was written at any time.
BundledOutputs::BundledOutputs(std::unique_ptr<BundledFiles> files)
    : files_(*files),
      own_(as_run_files(std::move(files)),
           LoggedOutputs(std::numeric_limits<double>::infinity(),
                         -std::numeric_limits<double>::infinity())) {
  const Result<RunFile> index = files_.open_path(std::string(bundle_names::k_printed));
  if (!index) return;
  std::string line;
  for (std::string bytes(64U << 10U, '\0'); *index->stream;) {
    // Longer lines are none of ours. They end the index, as the end of the file does.
    index->stream->getline(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    line = bytes.c_str();
    if (!line.empty()) note_line(line);
  }
}

void BundledOutputs::note_line(const std::string& line) {
  const Json object = Json::parse(line, nullptr, false);
  if (!object.is_object()) return;
  const auto text = [&](const char* field) {
    const auto found = object.find(field);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  const auto number = [&](const char* field) -> std::uint64_t {
    const auto found = object.find(field);
    return found != object.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
  };
  Carried carried;
  carried.piece = static_cast<std::int64_t>(number("piece"));
  carried.place = {{}, number("from"), number("size")};
  carried.note = text("note");
  carried_[{text("log"), number("offset")}] = std::move(carried);
}

Printed BundledOutputs::of(const TestReport& test) {
  if (!test.part_of.empty() || test.attempts.empty() || !test.output_place) return own_.of(test);
  const auto found = carried_.find({test.output_place->log, test.output_place->offset});
  if (found == carried_.end()) return own_.of(test);
  const Carried& carried = found->second;
  if (carried.piece == 0) return {{}, carried.note};
  if (carried.place.length == 0) return {};
  if (carried.piece != opened_) {
    Result<RunFile> piece = files_.open_path(piece_name(carried.piece));
    piece_.reset();
    if (piece) piece_ = std::move(*piece);
    opened_ = carried.piece;
  }
  if (!piece_) return {{}, "the bundle does not have it"};
  // It is not longer than this: it was bounded when the bundle was made.
  return {read_kept_output(*piece_->stream, carried.place, 2 * k_output_limit), {}};
}

}  // namespace holdfast
