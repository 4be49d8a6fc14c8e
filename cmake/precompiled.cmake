# The standard headers that most files include, parsed once: they are most of what compiling a small file costs.
# Every file still includes what it uses; the tidy preset builds without these.
set(DRYDOCK_STANDARD_HEADERS
  <algorithm> <array> <cstring> <functional> <map> <memory> <optional> <span> <string> <vector> <fmt/format.h>)

file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/precompiled.cpp CONTENT "" @ONLY)

add_library(drydock_precompiled OBJECT ${CMAKE_BINARY_DIR}/precompiled.cpp)
target_link_libraries(drydock_precompiled PRIVATE drydock_host_flags fmt::fmt)
target_precompile_headers(drydock_precompiled PRIVATE ${DRYDOCK_STANDARD_HEADERS})

function(drydock_precompile target)
  target_precompile_headers(${target} REUSE_FROM drydock_precompiled)
endfunction()

if(DRYDOCK_TESTS)
  add_library(drydock_precompiled_tests OBJECT ${CMAKE_BINARY_DIR}/precompiled.cpp)
  target_link_libraries(drydock_precompiled_tests PRIVATE drydock_host_flags fmt::fmt GTest::gtest GTest::gmock)
  target_precompile_headers(drydock_precompiled_tests PRIVATE ${DRYDOCK_STANDARD_HEADERS} <gtest/gtest.h>)
endif()

function(drydock_precompile_test target)
  target_precompile_headers(${target} REUSE_FROM drydock_precompiled_tests)
endfunction()
