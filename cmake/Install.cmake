# What an installed Holdfast consists of. The build tree's stage has the same layout (Layout.cmake).
# Paths are fixed, not those of GNUInstallDirs: the parts find one another by them, even in a moved
# prefix.
include(CMakePackageConfigHelpers)

set(HOLDFAST_PACKAGE_DIR "lib/cmake/Holdfast")

# Programs that may run while they are replaced, and that must never be half written. CMake writes a
# file in place. So they are installed beside their place, flushed to the disk, and renamed.
function(holdfast_install_programs dir)
  install(TARGETS ${ARGN} RUNTIME DESTINATION "${dir}/.holdfast-new")
  foreach(target IN LISTS ARGN)
    install(CODE "set(holdfast_dir \"${dir}\")
set(holdfast_name \"$<TARGET_FILE_NAME:${target}>\")")
    install(SCRIPT "${PROJECT_SOURCE_DIR}/cmake/InstallByRename.cmake")
  endforeach()
endfunction()
holdfast_install_programs(bin holdfast-cli)
holdfast_install_programs(libexec/holdfast holdfast-launcher holdfast-exec)
foreach(component IN LISTS holdfast_components)
  holdfast_install_programs(libexec/holdfast holdfast-${component})
endforeach()

# Copies a file into the stage at configure time and installs that copy. CMake runs again when the
# source changes, so an edit reaches the stage with the next build.
function(holdfast_stage_file source dir)
  get_filename_component(name "${source}" NAME)
  configure_file("${source}" "${HOLDFAST_STAGE}/${dir}/${name}" COPYONLY)
  install(FILES "${HOLDFAST_STAGE}/${dir}/${name}" DESTINATION "${dir}")
endfunction()

file(GLOB holdfast_modules CONFIGURE_DEPENDS
  "${PROJECT_SOURCE_DIR}/ctest-integration/*.cmake"
  "${PROJECT_SOURCE_DIR}/ctest-integration/*.cmake.in")
foreach(module IN LISTS holdfast_modules)
  holdfast_stage_file("${module}" "${HOLDFAST_PACKAGE_DIR}")
endforeach()

# What users' programs include and compile (targets.cmake).
file(GLOB holdfast_headers CONFIGURE_DEPENDS
  "${PROJECT_SOURCE_DIR}/ctest-integration/include/holdfast/*.h")
foreach(header IN LISTS holdfast_headers)
  holdfast_stage_file("${header}" "include/holdfast")
endforeach()
file(GLOB holdfast_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/ctest-integration/gtest/*.[ch]pp"
  "${PROJECT_SOURCE_DIR}/ctest-integration/gtest/*.h")
foreach(source IN LISTS holdfast_sources)
  holdfast_stage_file("${source}" "${HOLDFAST_PACKAGE_DIR}/gtest")
endforeach()

# For editors: the first line of a holdfast.toml may name it (docs/reference/config.md).
holdfast_stage_file("${PROJECT_SOURCE_DIR}/docs/reference/holdfast.schema.json" share/holdfast)

# Completions: what a shell needs to ask the program.
set(holdfast_shells "${PROJECT_SOURCE_DIR}/launcher/programs/shells")
holdfast_stage_file("${holdfast_shells}/bash/holdfast" share/bash-completion/completions)
holdfast_stage_file("${holdfast_shells}/zsh/_holdfast" share/zsh/vendor-completions)
holdfast_stage_file("${holdfast_shells}/fish/holdfast.fish" share/fish/vendor_completions.d)

configure_package_config_file(
  "${PROJECT_SOURCE_DIR}/cmake/HoldfastConfig.cmake.in"
  "${HOLDFAST_STAGE}/${HOLDFAST_PACKAGE_DIR}/HoldfastConfig.cmake"
  INSTALL_DESTINATION "${HOLDFAST_PACKAGE_DIR}"
  NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
# ARCH_INDEPENDENT: a cross-compiled project uses this machine's launcher.
write_basic_package_version_file(
  "${HOLDFAST_STAGE}/${HOLDFAST_PACKAGE_DIR}/HoldfastConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES
  "${HOLDFAST_STAGE}/${HOLDFAST_PACKAGE_DIR}/HoldfastConfig.cmake"
  "${HOLDFAST_STAGE}/${HOLDFAST_PACKAGE_DIR}/HoldfastConfigVersion.cmake"
  DESTINATION "${HOLDFAST_PACKAGE_DIR}")
