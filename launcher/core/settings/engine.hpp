// Where the processes of tests run.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast {

enum class Engine : std::uint8_t {
  local,  // on this machine
  slurm,  // each as a step on a node of the Slurm allocation around ctest (docs/reference/slurm.md)
};

constexpr std::array<std::string_view, 2> words_of(Engine) { return {"local", "slurm"}; }

struct EnginePolicy {
  Engine kind = Engine::local;
  std::string options = {};      // for srun
  std::string local_label = {};  // tests with this label stay here; empty: there is none

  friend bool operator==(const EnginePolicy&, const EnginePolicy&) = default;
};

}  // namespace holdfast
