# How our own code is compiled. Frames of ours may be interrupted by a signal whose handler goes on running on the
# same stack, so no red zone; guest memory is read through many types, so no strict aliasing.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

add_library(drydock_host_flags INTERFACE)
target_compile_options(drydock_host_flags INTERFACE
  -g -fno-omit-frame-pointer -mno-red-zone -mfsgsbase -fno-strict-aliasing
  -fmacro-prefix-map=${CMAKE_SOURCE_DIR}/=
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wshadow -Wno-missing-field-initializers>)
target_include_directories(drydock_host_flags INTERFACE ${CMAKE_SOURCE_DIR}/src)

# Release keeps every check: HOST_CHECK and assert are part of the product.
set(CMAKE_C_FLAGS_RELEASE "-O2")
set(CMAKE_CXX_FLAGS_RELEASE "-O2")

if(DRYDOCK_SANITIZE)
  # A null pointer may be a driver's: the fault is caught and named, and must come as in every other build.
  set(sanitizers -fsanitize=address,undefined -fno-sanitize=vptr,alignment,null,nonnull-attribute
    -fno-sanitize-recover=undefined)
  target_compile_options(drydock_host_flags INTERFACE ${sanitizers})
  target_link_options(drydock_host_flags INTERFACE ${sanitizers})
endif()
if(DRYDOCK_FUZZ)
  target_compile_options(drydock_host_flags INTERFACE -fsanitize=fuzzer-no-link,address)
  target_link_options(drydock_host_flags INTERFACE -fsanitize=address)
endif()
