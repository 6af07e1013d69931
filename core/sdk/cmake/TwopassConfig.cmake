# find_package(Twopass 1 REQUIRED) gives
#   Twopass::sdk      the headers, for targets that are no plugin
#   Twopass::twopass  the command
#   twopass_add_plugin, twopass_add_conformance_test: see TwopassPlugin.cmake
#
# All paths are relative to this file, so the installation may be moved.
get_filename_component(twopass_prefix ${CMAKE_CURRENT_LIST_DIR}/../../.. REALPATH)

if(NOT TARGET Twopass::sdk)
  add_library(Twopass::sdk INTERFACE IMPORTED)
  target_compile_features(Twopass::sdk INTERFACE cxx_std_20)
  target_include_directories(Twopass::sdk INTERFACE ${twopass_prefix}/include)
  add_executable(Twopass::twopass IMPORTED)
  set_target_properties(Twopass::twopass PROPERTIES IMPORTED_LOCATION ${twopass_prefix}/bin/twopass)
endif()
unset(twopass_prefix)

include(${CMAKE_CURRENT_LIST_DIR}/TwopassPlugin.cmake)
