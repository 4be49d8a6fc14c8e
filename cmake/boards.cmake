# Sample boards whose firmware is AML: boards/<name>.asl is compiled by ACPICA's iasl into build/boards/<name>.aml, and
# boards/<name>.toml is put beside it.

find_program(IASL iasl REQUIRED)

function(drydock_build_boards)
  set(dir ${CMAKE_BINARY_DIR}/boards)
  set(made "")
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/boards/*.asl)
  foreach(source ${sources})
    get_filename_component(name ${source} NAME_WE)
    add_custom_command(OUTPUT ${dir}/${name}.aml
      COMMAND ${CMAKE_COMMAND} -E make_directory ${dir}
      COMMAND ${IASL} -vs -p ${dir}/${name} ${source}
      DEPENDS ${source} VERBATIM COMMENT "AML table ${name}.aml")
    list(APPEND made ${dir}/${name}.aml)
  endforeach()
  file(GLOB boards CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/boards/*.toml)
  foreach(board ${boards})
    get_filename_component(name ${board} NAME)
    add_custom_command(OUTPUT ${dir}/${name}
      COMMAND ${CMAKE_COMMAND} -E make_directory ${dir}
      COMMAND ${CMAKE_COMMAND} -E copy ${board} ${dir}/${name}
      DEPENDS ${board} VERBATIM COMMENT "Board ${name}")
    list(APPEND made ${dir}/${name})
  endforeach()
  add_custom_target(boards ALL DEPENDS ${made})
endfunction()
