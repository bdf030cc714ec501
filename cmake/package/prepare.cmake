# CPack runs this when it has installed all into CPACK_TEMPORARY_DIRECTORY and before it packs that.
# Adds what only packages have: the licences, the list of what is linked (SPDX 2.3), and what each
# kind of package wants. Refuses programs that need files of the system. SOURCE_DATE_EPOCH is the
# time of all files, so that the same sources make the same bytes.
cmake_minimum_required(VERSION 3.25)

if(NOT DEFINED ENV{SOURCE_DATE_EPOCH})
  message(FATAL_ERROR "SOURCE_DATE_EPOCH: expected the time of the commit (./dev package says it)")
endif()
set(source "${CPACK_HOLDFAST_SOURCE}/cmake/package")
set(top "${CPACK_TEMPORARY_DIRECTORY}")
set(prefix "${top}")
if(CPACK_GENERATOR STREQUAL "DEB")
  set(prefix "${top}/usr")
endif()
set(doc "${prefix}/share/doc/holdfast")

# --- Static programs -----------------------------------------------------------------------------
foreach(program IN ITEMS bin/holdfast libexec/holdfast/holdfast-launcher libexec/holdfast/holdfast-exec
    libexec/holdfast/holdfast-archive)
  execute_process(COMMAND readelf --program-headers --dynamic --notes "${prefix}/${program}"
    OUTPUT_VARIABLE said COMMAND_ERROR_IS_FATAL ANY)
  if(said MATCHES "INTERP|NEEDED")
    message(FATAL_ERROR "${program}: expected a static program, which needs no file of the system")
  endif()
  # The linker puts the note on GNU's ABI into programs with glibc.
  if(program MATCHES "launcher|exec$" AND said MATCHES "NT_GNU_ABI_TAG")
    message(FATAL_ERROR "${program}: expected musl, found glibc")
  endif()
endforeach()
execute_process(COMMAND readelf --dynamic "${prefix}/libexec/holdfast/holdfast-etcd"
  OUTPUT_VARIABLE said COMMAND_ERROR_IS_FATAL ANY)
string(REGEX REPLACE "\\[|\\]" "|" said "${said}") # a list must not have a single bracket
string(REGEX MATCHALL "NEEDED[^\n]*" needed "${said}")
list(FILTER needed EXCLUDE REGEX "\\|(libcurl\\.so\\.4|lib(c|m|pthread|dl)\\.so\\.[0-9]|ld-linux.*)\\|$")
if(needed)
  message(FATAL_ERROR "holdfast-etcd: expected to need libcurl and glibc alone, found ${needed}")
endif()

# --- What is linked ------------------------------------------------------------------------------
string(TIMESTAMP created "%Y-%m-%dT%H:%M:%SZ" UTC)
set(packages "")
set(relations "")
file(STRINGS "${source}/linked.txt" lines)
list(FILTER lines EXCLUDE REGEX "^#")
foreach(line IN LISTS lines)
  string(REGEX MATCH "^([^ ]+) +([^ ].*[^ ]) +([^ ]+)$" _ "${line}")
  set(package "${CMAKE_MATCH_1}")
  set(licence "${CMAKE_MATCH_2}")
  string(REPLACE "," ";" programs "${CMAKE_MATCH_3}")
  if(package MATCHES "^(libstdc\\+\\+|libgcc)-dev$")
    execute_process(COMMAND c++ -print-file-name=${CMAKE_MATCH_1}.a OUTPUT_VARIABLE file
      OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
    get_filename_component(file "${file}" REALPATH)
    execute_process(COMMAND dpkg-query -S "${file}" OUTPUT_VARIABLE said COMMAND_ERROR_IS_FATAL ANY)
    string(REGEX REPLACE "[:,].*" "" package "${said}")
  endif()
  execute_process(COMMAND dpkg-query -W -f "\${Version}" "${package}"
    OUTPUT_VARIABLE version COMMAND_ERROR_IS_FATAL ANY)
  string(MAKE_C_IDENTIFIER "${package}" id)
  string(REPLACE "_" "-" id "${id}")
  string(APPEND packages ",
    {\"SPDXID\": \"SPDXRef-${id}\", \"name\": \"${package}\", \"versionInfo\": \"${version}\",
     \"downloadLocation\": \"NOASSERTION\", \"filesAnalyzed\": false, \"licenseConcluded\": \"${licence}\",
     \"licenseDeclared\": \"${licence}\", \"copyrightText\": \"NOASSERTION\"}")
  foreach(program IN LISTS programs)
    string(APPEND relations ",
    {\"spdxElementId\": \"SPDXRef-${program}\", \"relationshipType\": \"STATIC_LINK\", \"relatedSpdxElement\": \"SPDXRef-${id}\"}")
  endforeach()
  file(READ "/usr/share/doc/${package}/copyright" text)
  file(WRITE "${doc}/licences/${package}" "${text}")
endforeach()
set(own "\"downloadLocation\": \"NOASSERTION\", \"filesAnalyzed\": false, \"licenseConcluded\": \"Apache-2.0\",
     \"licenseDeclared\": \"Apache-2.0\", \"copyrightText\": \"NOASSERTION\", \"versionInfo\": \"${CPACK_PACKAGE_VERSION}\"")
set(programs "")
set(described "")
foreach(program IN ITEMS holdfast holdfast-launcher holdfast-exec holdfast-archive holdfast-etcd)
  string(APPEND programs "    {\"SPDXID\": \"SPDXRef-${program}\", \"name\": \"${program}\", ${own}},\n")
  string(APPEND described ",
    {\"spdxElementId\": \"SPDXRef-DOCUMENT\", \"relationshipType\": \"DESCRIBES\", \"relatedSpdxElement\": \"SPDXRef-${program}\"}")
endforeach()
string(SUBSTRING "${packages}" 2 -1 packages)
string(SUBSTRING "${described}${relations}" 2 -1 relations)
file(WRITE "${doc}/holdfast.spdx.json" "{
  \"spdxVersion\": \"SPDX-2.3\",
  \"dataLicense\": \"CC0-1.0\",
  \"SPDXID\": \"SPDXRef-DOCUMENT\",
  \"name\": \"holdfast-${CPACK_PACKAGE_VERSION}\",
  \"documentNamespace\": \"urn:holdfast:${CPACK_PACKAGE_VERSION}:$ENV{SOURCE_DATE_EPOCH}\",
  \"creationInfo\": {\"created\": \"${created}\", \"creators\": [\"Organization: The Holdfast developers\"]},
  \"hasExtractedLicensingInfos\": [
    {\"licenseId\": \"LicenseRef-public-domain\", \"extractedText\": \"This work is in the public domain.\"}
  ],
  \"packages\": [
${programs}${packages}
  ],
  \"relationships\": [
${relations}
  ]
}
")
file(COPY "${CPACK_HOLDFAST_SOURCE}/examples/tutorial" DESTINATION "${doc}/examples")
file(COPY "${CPACK_HOLDFAST_SOURCE}/README.md" "${CPACK_HOLDFAST_SOURCE}/CHANGELOG.md"
  "${CPACK_HOLDFAST_SOURCE}/SECURITY.md" "${CPACK_HOLDFAST_SOURCE}/NOTICE" DESTINATION "${doc}")
# `holdfast help` and the man pages name these pages.
file(COPY "${CPACK_HOLDFAST_SOURCE}/docs/README.md" "${CPACK_HOLDFAST_SOURCE}/docs/guide"
  "${CPACK_HOLDFAST_SOURCE}/docs/reference" DESTINATION "${doc}/docs")

# --- Each kind of package ------------------------------------------------------------------------
if(CPACK_GENERATOR STREQUAL "DEB")
  string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
  file(WRITE "${doc}/changelog" "holdfast (${CPACK_PACKAGE_VERSION}) unstable; urgency=medium

  * See CHANGELOG.md.

 -- ${CPACK_PACKAGE_CONTACT}  ${date}
")
  file(WRITE "${doc}/copyright" "Copyright 2026 The Holdfast authors. The licence is Apache-2.0; on Debian
systems, its text is in /usr/share/common-licenses/Apache-2.0.

The programs contain parts of other works. holdfast.spdx.json names them, and
the directory licences has the licence of each.
")
  configure_file("${source}/lintian-overrides" "${prefix}/share/lintian/overrides/holdfast" COPYONLY)
  file(GLOB manuals "${prefix}/share/man/man*/*")
  execute_process(COMMAND gzip -9n "${doc}/changelog" ${manuals} COMMAND_ERROR_IS_FATAL ANY)
else()
  file(COPY "${source}/CMakeLists.txt" "${CPACK_HOLDFAST_SOURCE}/LICENSE" DESTINATION "${top}")
endif()

# --- One time, one mode --------------------------------------------------------------------------
execute_process(COMMAND find "${top}" -exec touch --no-dereference "--date=@$ENV{SOURCE_DATE_EPOCH}" "{}" +
  COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND chmod -R u=rwX,go=rX "${top}" COMMAND_ERROR_IS_FATAL ANY)
