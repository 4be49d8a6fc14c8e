# Guest drivers: C sources made into PE32+ .sys files by mingw-w64, as they would be for Windows.
#
#   drivers/<name>/*.c       build/guest/<name>.sys
#   drivers/zoo/<name>.c     build/guest/zoo/<name>.sys
#   tests/guest/<name>.c     build/guest/test/<name>.sys   (with tests; seh_*.c by clang, which knows __try)
#
# Libraries: ntoskrnl and hal always; others are named in a file `libs` in the driver's directory, or on a first line
# `// libs: scsiport` of a single file. mingw-w64 has no import library for some of Windows' modules: those are made
# from drivers/imports/<library>.def and tests/guest/imports/<library>.def. `guest:<name>` names another driver of
# tests/guest that exports functions. A <name>.def beside <name>.c goes to the linker (exports, ordinals, forwarders).
#
# `kmdf:1.15` makes a KMDF driver, built for that version (1.9 to 1.33): guest/include/wdf/ comes into sight, and
# guest/wdf_stub.c is linked in and entered first. `kmdf:1.33:1.25` may also run on libraries down to 1.25. A first line
# may say just `// kmdf: 1.15` where nothing else is needed.
#
# `umdf:2.33` makes a UMDF 2 driver, a DLL for that version (2.0 to 2.33): guest/umdf_stub.c is linked in, and nothing of
# the kernel. `// umdf: 2.33` as a first line does the same, and
# `// dll:` makes a DLL that is none. drydock_umdf_guests() lists what is built a second time so,
# from the sources of a kernel-mode driver.

find_program(GUEST_CC x86_64-w64-mingw32-gcc REQUIRED)
find_program(GUEST_DLLTOOL x86_64-w64-mingw32-dlltool REQUIRED)
if(DRYDOCK_TESTS)
  find_program(GUEST_SEH_CC clang-19 REQUIRED)
endif()

set(GUEST_DIR ${CMAKE_BINARY_DIR}/guest)
find_path(GUEST_DDK_INCLUDE ntddk.h PATHS /usr/share/mingw-w64/include/ddk /usr/x86_64-w64-mingw32/include/ddk
  REQUIRED NO_CMAKE_FIND_ROOT_PATH)

# The same driver from every build directory: a replay names it by its contents.
# mingw-w64's intrin.h includes the compiler's header for every vector extension, two thirds of what a driver would
# compile; drivers use none of them.
# Kernel code: no hosted library, and no stack probes, which would need one. (gcc takes gs:[0x188] for an array of none.)
set(GUEST_CFLAGS -std=gnu11 -O2 -g -Wall -Wextra -Wno-unknown-pragmas -Wno-array-bounds -ffreestanding -fno-stack-protector
  -mno-stack-arg-probe -ffile-prefix-map=${CMAKE_SOURCE_DIR}/= -ffile-prefix-map=${CMAKE_BINARY_DIR}=. -D_AMD64_ -DAMD64 -D_X86INTRIN_H_INCLUDED -D_WIN32_WINNT=0x0A00 -DNTDDI_VERSION=0x0A000000
  -isystem ${GUEST_DDK_INCLUDE})
set(GUEST_LDFLAGS -nostdlib -Wl,--subsystem,native -Wl,--entry,DriverEntry -Wl,--dynamicbase -Wl,--nxcompat
  -Wl,--file-alignment,0x200 -Wl,--section-alignment,0x1000 -Wl,--no-insert-timestamp)
set(GUEST_UMDF_LDFLAGS -shared -nostdlib -Wl,--subsystem,windows -Wl,--entry,DllMain -Wl,--dynamicbase -Wl,--nxcompat
  -Wl,--file-alignment,0x200 -Wl,--section-alignment,0x1000 -Wl,--no-insert-timestamp)
set(GUEST_SEH_CFLAGS --target=x86_64-w64-windows-gnu -fms-extensions -Xclang -fasync-exceptions -fasynchronous-unwind-tables -Wno-\#warnings)
set(GUEST_SEH_LDFLAGS --target=x86_64-w64-windows-gnu -fuse-ld=lld-19 -nostdlib -Wl,--subsystem,native
  -Wl,--entry,DriverEntry -Wl,--dynamicbase -Wl,--nxcompat -Wl,--no-insert-timestamp)
set(GUEST_SEH_UMDF_LDFLAGS --target=x86_64-w64-windows-gnu -fuse-ld=lld-19 -shared -nostdlib -Wl,--subsystem,windows
  -Wl,--entry,DllMain -Wl,--dynamicbase -Wl,--nxcompat -Wl,--no-insert-timestamp)

set_property(GLOBAL PROPERTY DRYDOCK_IMPORT_LIBRARIES "")

function(drydock_import_library def)
  get_filename_component(name ${def} NAME_WE)
  set(lib ${GUEST_DIR}/lib/lib${name}.a)
  add_custom_command(OUTPUT ${lib}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${GUEST_DIR}/lib
    COMMAND ${GUEST_DLLTOOL} -m i386:x86-64 --temp-prefix ${GUEST_DIR}/lib/${name} -d ${def} -l ${lib}
    DEPENDS ${def} VERBATIM COMMENT "Guest import library ${name}")
  set_property(GLOBAL APPEND PROPERTY DRYDOCK_IMPORT_LIBRARIES ${name})
endfunction()

# drydock_guest_object(<object> <source> [<more compiler flags>...]): one translation unit.
function(drydock_guest_object object source)
  get_filename_component(name ${source} NAME)
  set(compiler ${GUEST_CC})
  if(name MATCHES "^seh_")
    set(compiler ${GUEST_SEH_CC} ${GUEST_SEH_CFLAGS})
  endif()
  get_filename_component(dir ${object} DIRECTORY)
  add_custom_command(OUTPUT ${object}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${dir}
    COMMAND ${compiler} ${GUEST_CFLAGS} ${ARGN} -MD -MF ${object}.d -MT ${object} -c ${source} -o ${object}
    DEPENDS ${source} DEPFILE ${object}.d VERBATIM COMMENT "Guest object ${name}")
endfunction()

# drydock_kmdf_stub(<variable> <kmdf:version> <more compiler flags>...): the stub's object, one for each version.
function(drydock_kmdf_stub variable version)
  string(REPLACE ":" "_" name ${version})
  set(object ${GUEST_DIR}/obj/stub/${name}.o)
  get_property(made GLOBAL PROPERTY DRYDOCK_KMDF_STUBS)
  if(NOT object IN_LIST made)
    drydock_guest_object(${object} ${CMAKE_SOURCE_DIR}/guest/wdf_stub.c ${ARGN})
    set_property(GLOBAL APPEND PROPERTY DRYDOCK_KMDF_STUBS ${object})
  endif()
  set(${variable} ${object} PARENT_SCOPE)
endfunction()

# drydock_guest(<name> SOURCES ... [LIBS ...]): build/guest/<name>.sys. Appends it to GUEST_IMAGES of the caller.
function(drydock_guest name)
  cmake_parse_arguments(GUEST "" "" "SOURCES;LIBS" ${ARGN})
  set(image ${GUEST_DIR}/${name}.sys)
  set(system_libraries ntoskrnl_more ntoskrnl hal)
  set(linker ${GUEST_CC} ${GUEST_LDFLAGS})
  set(linker_more "")
  set(flags "")
  set(stub "")
  if("dll" IN_LIST GUEST_LIBS)
    list(REMOVE_ITEM GUEST_LIBS dll)
    set(image ${GUEST_DIR}/${name}.dll)
    set(linker ${GUEST_CC} ${GUEST_UMDF_LDFLAGS})
    set(system_libraries umdf_ntdll)
  endif()
  foreach(kmdf ${GUEST_LIBS})
    if(kmdf MATCHES "^kmdf:([0-9]+)\\.([0-9]+)(:1\\.([0-9]+))?$")
      set(flags -isystem ${CMAKE_SOURCE_DIR}/guest/include/wdf
        -DKMDF_VERSION_MAJOR=${CMAKE_MATCH_1} -DKMDF_VERSION_MINOR=${CMAKE_MATCH_2})
      if(CMAKE_MATCH_4)
        list(APPEND flags -DKMDF_MINIMUM_VERSION_REQUIRED=${CMAKE_MATCH_4})
      endif()
      list(REMOVE_ITEM GUEST_LIBS ${kmdf})
      list(APPEND GUEST_LIBS wdfldr)
      drydock_kmdf_stub(stub ${kmdf} ${flags})
      set(linker_more -Wl,--entry,FxDriverEntry)
    elseif(kmdf MATCHES "^umdf:2\\.([0-9]+)$")
      set(image ${GUEST_DIR}/${name}.dll)
      set(flags -isystem ${CMAKE_SOURCE_DIR}/guest/include/um -isystem ${CMAKE_SOURCE_DIR}/guest/include/wdf
        -DUMDF_VERSION_MAJOR=2 -DUMDF_VERSION_MINOR=${CMAKE_MATCH_1})
      list(REMOVE_ITEM GUEST_LIBS ${kmdf})
      list(APPEND GUEST_SOURCES ${CMAKE_SOURCE_DIR}/guest/umdf_stub.c)
      set(linker ${GUEST_CC} ${GUEST_UMDF_LDFLAGS})
      set(system_libraries umdf_ntdll)
    endif()
  endforeach()
  set(objects ${stub})
  set(defs "")
  set(exports "")
  foreach(source ${GUEST_SOURCES})
    get_filename_component(base ${source} NAME_WE)
    get_filename_component(dir ${source} DIRECTORY)
    set(object ${GUEST_DIR}/obj/${name}/${base}.o)
    drydock_guest_object(${object} ${source} ${flags})
    list(APPEND objects ${object})
    if(EXISTS ${dir}/${base}.def)
      list(APPEND defs ${dir}/${base}.def)
    endif()
    file(STRINGS ${source} exported REGEX "dllexport" LIMIT_COUNT 1)
    if((exported OR defs) AND NOT exports AND image MATCHES "sys$")
      set(exports -Wl,--out-implib,${GUEST_DIR}/${name}.lib)
    endif()
    if(base MATCHES "^seh_")
      set(linker ${GUEST_SEH_CC} ${GUEST_SEH_LDFLAGS})
      if(image MATCHES "dll$")
        set(linker ${GUEST_SEH_CC} ${GUEST_SEH_UMDF_LDFLAGS})
      endif()
    endif()
  endforeach()

  get_property(made GLOBAL PROPERTY DRYDOCK_IMPORT_LIBRARIES)
  set(libraries "")
  set(library_files "")
  foreach(lib ${GUEST_LIBS} ${system_libraries})
    if(lib MATCHES "^guest:(.+)$")
      list(APPEND libraries ${GUEST_DIR}/test/${CMAKE_MATCH_1}.lib)
      list(APPEND library_files ${GUEST_DIR}/test/${CMAKE_MATCH_1}.sys)
    else()
      list(APPEND libraries -l${lib})
      if(lib IN_LIST made)
        list(APPEND library_files ${GUEST_DIR}/lib/lib${lib}.a)
      endif()
    endif()
  endforeach()

  get_filename_component(dir ${image} DIRECTORY)
  add_custom_command(OUTPUT ${image}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${dir}
    COMMAND ${linker} ${linker_more} ${exports} -o ${image} ${objects} ${defs} -L${GUEST_DIR}/lib ${libraries}
    DEPENDS ${objects} ${defs} ${library_files} VERBATIM COMMENT "Guest driver ${image}")
  set(GUEST_IMAGES ${GUEST_IMAGES} ${image} PARENT_SCOPE)
endfunction()

# Each single file of a directory is a driver of its own.
function(drydock_single_file_guests dir prefix)
  file(GLOB sources CONFIGURE_DEPENDS ${dir}/*.c)
  foreach(source ${sources})
    set_property(DIRECTORY ${CMAKE_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
    get_filename_component(name ${source} NAME_WE)
    file(STRINGS ${source} first LIMIT_COUNT 1)
    set(libs "")
    if(first MATCHES "^// libs: *(.*)$")
      string(REGEX MATCHALL "[^ \t\r]+" libs "${CMAKE_MATCH_1}")
    elseif(first MATCHES "^// kmdf: *([0-9.:]+)")
      set(libs kmdf:${CMAKE_MATCH_1})
    elseif(first MATCHES "^// dll:")
      set(libs dll)
    elseif(first MATCHES "^// umdf: *([0-9.]+)")
      set(libs umdf:${CMAKE_MATCH_1})
    endif()
    drydock_guest(${prefix}/${name} SOURCES ${source} LIBS ${libs})
  endforeach()
  set(GUEST_IMAGES ${GUEST_IMAGES} PARENT_SCOPE)
endfunction()

# Objects in a guest's eyes for a room's own unit test: src/<room>/**/<name>_guest.c -> build/guest/obj/<room>/<name>_guest.o
function(drydock_guest_objects room)
  if(NOT ARGN)
    return()
  endif()
  list(APPEND GUEST_CFLAGS -iquote ${CMAKE_SOURCE_DIR}/src  # as every file under src/ writes its includes
    -isystem ${CMAKE_SOURCE_DIR}/guest/include/wdf)
  set(objects "")
  foreach(source ${ARGN})
    get_filename_component(base ${source} NAME_WE)
    set(object ${GUEST_DIR}/obj/${room}/${base}.o)
    drydock_guest_object(${object} ${source})
    list(APPEND objects ${object})
  endforeach()
  add_custom_target(${room}_guest_objects DEPENDS ${objects})
  add_dependencies(${room}_test ${room}_guest_objects)
endfunction()

# User-mode drivers from the sources of kernel-mode ones.
function(drydock_umdf_guests)
  set(edu ${CMAKE_SOURCE_DIR}/drivers/edu)
  drydock_guest(edu_um LIBS umdf:2.15
    SOURCES ${edu}/driver.c ${edu}/power.c ${edu}/registers.c ${edu}/queue.c ${edu}/watchdog.c ${edu}/recovery.c ${edu}/um/dma.c)
  if(DRYDOCK_TESTS)
    drydock_guest(test/wdf_puppet_um SOURCES ${CMAKE_SOURCE_DIR}/tests/guest/wdf_puppet.c LIBS umdf:2.33)
    drydock_guest(test/wdf_puppet_um20 SOURCES ${CMAKE_SOURCE_DIR}/tests/guest/wdf_puppet.c LIBS umdf:2.0)
  endif()
  set(GUEST_IMAGES ${GUEST_IMAGES} PARENT_SCOPE)
endfunction()

function(drydock_build_guests)
  file(GLOB defs CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/drivers/imports/*.def)
  if(DRYDOCK_TESTS)
    file(GLOB test_defs CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/guest/imports/*.def)
  endif()
  foreach(def ${defs} ${test_defs})
    drydock_import_library(${def})
  endforeach()

  set(GUEST_IMAGES "")
  set(demo_images "")
  file(GLOB names CONFIGURE_DEPENDS LIST_DIRECTORIES true RELATIVE ${CMAKE_SOURCE_DIR}/drivers ${CMAKE_SOURCE_DIR}/drivers/*)
  foreach(name ${names})
    set(dir ${CMAKE_SOURCE_DIR}/drivers/${name})
    file(GLOB sources CONFIGURE_DEPENDS ${dir}/*.c)
    if(NOT sources OR name STREQUAL "zoo")
      continue()
    endif()
    set(libs "")
    if(EXISTS ${dir}/libs)
      set_property(DIRECTORY ${CMAKE_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${dir}/libs)
      file(STRINGS ${dir}/libs libs)
    endif()
    drydock_guest(${name} SOURCES ${sources} LIBS ${libs})
    if(name MATCHES "^(pvscsi|wdm_echo|medic|edu)$")
      list(APPEND demo_images ${GUEST_DIR}/${name}.sys)
    endif()
  endforeach()
  drydock_single_file_guests(${CMAKE_SOURCE_DIR}/drivers/zoo zoo)
  if(DRYDOCK_TESTS)
    drydock_single_file_guests(${CMAKE_SOURCE_DIR}/tests/guest test)
  endif()
  drydock_umdf_guests()
  add_custom_target(guests ALL DEPENDS ${GUEST_IMAGES})
  add_custom_target(demo_guests DEPENDS ${demo_images})
endfunction()
