# The program of UMDF host processes (wudfhost/): static, at fixed addresses, without sanitizers, since its address space
# is a driver's. src/host carries it in itself and runs it from memory.
function(drydock_build_wudfhost)
  add_executable(wudfhost ${CMAKE_SOURCE_DIR}/wudfhost/host.c ${CMAKE_SOURCE_DIR}/wudfhost/ntdll.c
    ${CMAKE_SOURCE_DIR}/wudfhost/turn.S)
  set_target_properties(wudfhost PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/wudfhost_program
    POSITION_INDEPENDENT_CODE OFF C_STANDARD 11)
  target_include_directories(wudfhost PRIVATE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/wudfhost)
  target_compile_options(wudfhost PRIVATE -O2 -g -fno-pie -fno-stack-protector -fcf-protection=none
    $<$<COMPILE_LANGUAGE:C>:-Wall -Wextra>)
  target_link_options(wudfhost PRIVATE -static -no-pie)
  set(file ${CMAKE_BINARY_DIR}/wudfhost_program/wudfhost)
  set_source_files_properties(${CMAKE_SOURCE_DIR}/src/host/wudfhost_image.S PROPERTIES
    COMPILE_DEFINITIONS WUDFHOST_FILE="${file}" OBJECT_DEPENDS ${file})
  add_dependencies(drydock_host wudfhost)
endfunction()
