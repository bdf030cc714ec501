// The reader of journals. A line of any bytes, and of any other version, is refused in words or
// read. A record that is read is the same when it is written and read again.
#include "journal/journal_reader.hpp"
#include "journal/records.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <type_traits>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const ParsedLine line = parse_record(bytes);
  if (!line.record) return line.complaint.empty() ? std::abort(), 0 : 0;
  std::visit(
      [](const auto& record) {
        using Kind = std::decay_t<decltype(record)>;
        // Cases are written one by one (batches/batch_report). Times outside of what a clock
        // tells are not kept.
        if constexpr (!std::is_same_v<Kind, CasesRecord>) {
          if (record.at < 0 || record.at > 1e10) return;
          const std::string written = line_of(record);
          const ParsedLine again = parse_record(written);
          if (!again.record || !std::holds_alternative<Kind>(*again.record)) std::abort();
          if (line_of(std::get<Kind>(*again.record)) != written) std::abort();
        }
      },
      *line.record);
  return 0;
}
