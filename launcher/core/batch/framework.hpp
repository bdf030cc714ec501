// A test framework, as far as a batch must know it: how one of its cases is selected, and what its
// programs tell of their cases. Values in, values out; one object serves any number of batches.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/batch/case_result.hpp"

namespace holdfast {

// A selection is one argument, of at most 128 KiB (MAX_ARG_STRLEN of execve(2)). The program may
// pass it on, so there is some room left.
inline constexpr std::size_t k_longest_selection = 96UL * 1024UL;

// What a process that runs several cases tells of them.
enum class Telling : std::uint8_t {
  beginnings,  // when each begins and how it ends
  ends,        // how each ended, as far as it got to say so: nothing of the case that it died in
  nothing,     // only how it ended itself: what it runs is one test
};

class Framework {
 public:
  // As people write it.
  virtual std::string_view name() const = 0;
  // The option that makes a program list its cases.
  virtual std::string_view list_option() const = 0;
  virtual Telling tells() const = 0;

  // Whether the selection of that case can select no other, whatever the others are called.
  virtual bool is_exact(std::string_view name) const = 0;
  // Whether what selects `name` selects `other` as well.
  virtual bool selects(std::string_view name, std::string_view other) const = 0;
  // What selects `name` and none of `others`, all of which its plain selection would select. None:
  // nothing does.
  virtual std::optional<std::string> selection_without(
      std::string_view name, const std::vector<std::string_view>& others) const = 0;
  // Between the selections of two cases.
  virtual char separator() const = 0;

  // Whether a process whose last case has ended like that may exit with the code and be well.
  virtual bool is_usual_exit(CaseEnd said, int code) const = 0;

 protected:
  ~Framework() = default;
};

// The objects live as long as the program.
const Framework& googletest();

enum class Catch2Version : std::uint8_t { two, three };
const Framework& catch2(Catch2Version version, Telling tells);

}  // namespace holdfast
