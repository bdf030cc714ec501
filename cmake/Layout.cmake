# The build tree has the layout of an installed one (bin, libexec/holdfast, lib/cmake/Holdfast,
# include/holdfast). So a path that one program derives from another's is the same in both, and
# tests run what users run.
set(HOLDFAST_STAGE "${PROJECT_BINARY_DIR}/stage")
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "")

function(holdfast_stage_program target dir)
  set_target_properties(${target} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY "${HOLDFAST_STAGE}/${dir}")
endfunction()
