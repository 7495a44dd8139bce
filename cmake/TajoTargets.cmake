# A folder is a target is a namespace.

# Warnings are errors. Those switched off are false alarms of g++ 12: about std::string, about the frames
# of Asio's coroutines, and (in unity builds) about anonymous namespaces; and of clang 16: about what is
# passed to a coroutine that is awaited at once.
add_library(tajo_warnings INTERFACE)
target_compile_options(
  tajo_warnings
  INTERFACE -Wall
            -Wextra
            -Wpedantic
            -Wshadow
            -Wnon-virtual-dtor
            -Woverloaded-virtual
            -Wcast-qual
            -Wunused
            -Wnull-dereference
            -Wimplicit-fallthrough
            -Werror
            $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
            $<$<CXX_COMPILER_ID:GNU>:-Wno-null-dereference>
            $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>
            $<$<CXX_COMPILER_ID:GNU>:-Wno-mismatched-new-delete>
            $<$<CXX_COMPILER_ID:GNU>:-Wno-tsan>
            $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>
            $<$<CXX_COMPILER_ID:Clang>:-Wno-unsequenced>)

# tajo_module(<name> [SOURCES ...] [DEPS ...]): the library tajo_<name> from this folder.
# Without SOURCES it takes every .cc here.
function(tajo_module name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  if(NOT ARG_SOURCES)
    file(GLOB ARG_SOURCES CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
    list(FILTER ARG_SOURCES EXCLUDE REGEX "/main\\.cc$")
  endif()
  add_library(tajo_${name} STATIC ${ARG_SOURCES})
  target_include_directories(tajo_${name} PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(tajo_${name} PUBLIC ${ARG_DEPS} PRIVATE tajo_warnings)
endfunction()

# tajo_binary(<file name> SOURCES ... DEPS ...)
function(tajo_binary name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} tajo_warnings)
  target_compile_definitions(${name} PRIVATE TAJO_VERSION="${PROJECT_VERSION}")
endfunction()

# tajo_test(<name> [SERIAL] [SOURCES ...] DEPS ... [LABELS ...] [TIMEOUT seconds])
# One executable of GoogleTest cases, found by ctest one by one. Without SOURCES: every *_test.cc here.
# SERIAL: beside no other test, for what depends on when it gets to run.
function(tajo_test name)
  cmake_parse_arguments(ARG "SERIAL" "TIMEOUT" "SOURCES;DEPS;LABELS;ENVIRONMENT" ${ARGN})
  if(NOT ARG_SOURCES)
    file(GLOB ARG_SOURCES CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*_test.cc)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 60)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} tajo_warnings GTest::gmock GTest::gtest_main)
  # What is tested is built as it ships; optimising the cases themselves only costs time.
  target_compile_options(${name} PRIVATE -O0)
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}"
                       RUN_SERIAL ${ARG_SERIAL})
endfunction()

# tajo_add_subdirectories(): every folder here that has a CMakeLists.txt.
function(tajo_add_subdirectories)
  file(GLOB children CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/*/CMakeLists.txt)
  foreach(child ${children})
    get_filename_component(folder ${child} DIRECTORY)
    add_subdirectory(${folder})
  endforeach()
endfunction()
