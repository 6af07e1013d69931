# twopass_add_plugin(<target> SOURCES <file>... [LIBRARIES <library>...])
#
# Builds <target>.twopass.so, a library that the twopass host loads. In-tree and third-party plugins use it alike.
#
# twopass_add_conformance_test(<target> [<argument>...] [SKIP <check>=<reason>...])
#
# Adds the test <target>_conformance: `twopass plugin check` of that plugin, with these arguments, such as
# learning_rate=0.01, and without the checks whose failure is accepted for a reason. Needs enable_testing().
include_guard(GLOBAL)
include(CheckCXXCompilerFlag)

# g++ records in the file which x86-64 level (v2, v3, v4) its code needs, so that the host, and glibc
# itself, refuse it on a lesser CPU instead of dying of SIGILL. clang 14 has no such flag.
check_cxx_compiler_flag(-mneeded TWOPASS_HAS_MNEEDED)

function(twopass_add_plugin target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBRARIES")
  if(NOT arg_SOURCES)
    message(FATAL_ERROR "twopass_add_plugin(${target}): SOURCES is missing")
  endif()
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "twopass_add_plugin(${target}): unknown arguments: ${arg_UNPARSED_ARGUMENTS}")
  endif()

  set(version_script ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map)  # beside this file, in the tree and installed

  add_library(${target} MODULE ${arg_SOURCES})
  target_link_libraries(${target} PRIVATE Twopass::sdk ${arg_LIBRARIES})
  # Hidden, so that no plugin shares a symbol, or an inline function's statics, with another plugin or the host.
  set_target_properties(${target} PROPERTIES
    PREFIX "" SUFFIX ".twopass.so"
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden CUDA_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON
    # The same RPATH built and installed: CMake pads a separate build RPATH with ":", which means the current directory.
    INSTALL_RPATH "$ORIGIN" INSTALL_RPATH_USE_LINK_PATH ON BUILD_WITH_INSTALL_RPATH ON
    LINK_DEPENDS ${version_script})
  if(DEFINED TWOPASS_PLUGIN_OUTPUT_DIRECTORY)  # in the tree: where the host that is built beside it looks
    set_target_properties(${target} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${TWOPASS_PLUGIN_OUTPUT_DIRECTORY})
  endif()

  if(TWOPASS_HAS_MNEEDED)
    target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:C,CXX>:-mneeded>
                                             $<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=-mneeded>)
  endif()

  target_link_options(${target} PRIVATE
    -Wl,--version-script=${version_script}
    -Wl,--exclude-libs,ALL  # nor does it export what it was linked with
    -Wl,-z,nodelete         # never unloaded: OpenMP and thread-local destructors do not survive it
    -Wl,-z,now              # a missing symbol shows at load, not in the middle of a run
    # Linking (not compiling) with -ffast-math or -Ofast adds a constructor that turns denormals off in the whole host.
    # The last option wins: -O2 outweighs -Ofast, and has no other effect on a link.
    -O2 -fno-fast-math -fno-unsafe-math-optimizations)

  # Every symbol resolved at link. Not with sanitizers: clang leaves theirs to the executable.
  string(TOUPPER "${CMAKE_BUILD_TYPE}" build_type)
  if(NOT "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${build_type}}" MATCHES "-fsanitize")
    target_link_options(${target} PRIVATE -Wl,-z,defs)
  endif()

  install(TARGETS ${target} LIBRARY DESTINATION lib/twopass/plugins)
endfunction()

function(twopass_add_conformance_test target)
  if(NOT TARGET ${target})
    message(FATAL_ERROR "twopass_add_conformance_test(${target}): there is no target of that name")
  endif()
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SKIP")
  list(TRANSFORM arg_SKIP PREPEND --skip=)
  add_test(NAME ${target}_conformance
           COMMAND $<TARGET_FILE:Twopass::twopass> plugin check $<TARGET_FILE:${target}> ${arg_UNPARSED_ARGUMENTS}
                   ${arg_SKIP})
endfunction()
