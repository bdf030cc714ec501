# CPack runs this to pack the tarball from CPACK_TEMPORARY_DIRECTORY: as .tar.zst, and as .tar.xz for
# FetchContent of CMake 3, which does not know the other. CPack itself packs files in the order in
# which the file system has them, and as the user who builds.
foreach(form IN ITEMS "zst:zstd -19 -T1" "xz:xz -9 -T1")
  string(REGEX MATCH "^([^:]+):(.+)$" _ "${form}")
  set(file "${CPACK_PACKAGE_DIRECTORY}/${CPACK_PACKAGE_FILE_NAME}.tar.${CMAKE_MATCH_1}")
  execute_process(
    COMMAND tar --create --sort=name --owner=0 --group=0 --numeric-owner --format=posix
      --pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime "--mtime=@$ENV{SOURCE_DATE_EPOCH}"
      "--use-compress-program=${CMAKE_MATCH_2}" "--transform=s,^\\.,${CPACK_PACKAGE_FILE_NAME},"
      "--file=${file}" --directory "${CPACK_TEMPORARY_DIRECTORY}" .
    COMMAND_ERROR_IS_FATAL ANY)
  list(APPEND CPACK_EXTERNAL_BUILT_PACKAGES "${file}")
endforeach()
