# A folder of src/edgebert is a layer. A layer may use only layers that stand before it in this list.
set(EDGEBERT_LAYERS base numeric text model data program hardware tiler kernels engine onnx accel power systemc
    pipeline simulate bench report mpi train cli cli_simulate cli_train)

# edgebert_layer(NAME [WHEN option] USES layer... [PRIVATE target...])
# Declares the library of one layer from the *.cc files beside and below the CMakeLists.txt, tests excluded.
# WHEN names the CMake option that an optional layer waits for; those that use it do without when it is off.
# USES are lower layers; every layer may use fmt; PRIVATE are third-party targets that no public header of the layer shows.
function(edgebert_layer NAME)
  cmake_parse_arguments(ARG "" "WHEN" "USES;PRIVATE" ${ARGN})
  list(FIND EDGEBERT_LAYERS ${NAME} rank)
  if(rank EQUAL -1)
    message(FATAL_ERROR "'${NAME}' is not in EDGEBERT_LAYERS (cmake/EdgeBERTLayers.cmake)")
  endif()
  set_property(GLOBAL PROPERTY EDGEBERT_USES_${NAME} "${ARG_USES}")
  if(ARG_WHEN AND NOT ${ARG_WHEN})
    return()
  endif()
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "*.cc")
  list(FILTER sources EXCLUDE REGEX "_(test|benchmark|fuzzer)\\.cc$")
  list(FILTER sources EXCLUDE REGEX "/main\\.cc$")
  add_library(edgebert_${NAME} STATIC ${sources})
  add_library(EdgeBERT::${NAME} ALIAS edgebert_${NAME})
  set_target_properties(edgebert_${NAME} PROPERTIES EXPORT_NAME ${NAME} LINKER_LANGUAGE CXX)
  target_include_directories(edgebert_${NAME} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src> $<INSTALL_INTERFACE:include>)
  target_compile_features(edgebert_${NAME} PUBLIC cxx_std_20)
  target_link_libraries(edgebert_${NAME} PRIVATE
    $<BUILD_INTERFACE:edgebert_compiler> fmt::fmt ${ARG_PRIVATE})
  foreach(used IN LISTS ARG_USES)
    list(FIND EDGEBERT_LAYERS ${used} used_rank)
    if(used_rank EQUAL -1 OR NOT used_rank LESS rank)
      message(FATAL_ERROR "Layer '${NAME}' may not use '${used}': dependencies point down only (${EDGEBERT_LAYERS})")
    endif()
    if(TARGET edgebert_${used})
      target_link_libraries(edgebert_${NAME} PUBLIC edgebert_${used})
    endif()
  endforeach()
endfunction()

if(EDGEBERT_BUILD_TESTS)
  add_custom_target(parser_tests)  # Every test executable with the label "parser".
endif()

# edgebert_layer_tests(NAME [PARSER] [USES layer...] [LIBRARIES target...])
# One executable for all *_test.cc of the layer; each TEST is a ctest case.
# USES are layers that only the tests include: what they compare with.
# PARSER gives the label "parser": `check` also runs the suite under ASan and UBSan.
function(edgebert_layer_tests NAME)
  cmake_parse_arguments(ARG "PARSER" "" "USES;LIBRARIES" ${ARGN})
  set_property(GLOBAL PROPERTY EDGEBERT_TEST_USES_${NAME} "${ARG_USES}")
  if(NOT EDGEBERT_BUILD_TESTS OR NOT TARGET edgebert_${NAME})
    return()
  endif()
  set(used_layers ${ARG_USES})
  list(TRANSFORM used_layers PREPEND edgebert_)
  file(GLOB_RECURSE tests CONFIGURE_DEPENDS "*_test.cc")
  if(NOT tests)
    return()
  endif()
  add_executable(${NAME}_test ${tests})
  # GoogleTest's main comes first: SystemC's library brings one too.
  target_link_libraries(${NAME}_test PRIVATE GTest::gmock GTest::gtest_main
    edgebert_compiler edgebert_${NAME} edgebert_testing ${used_layers} ${ARG_LIBRARIES})
  target_compile_definitions(${NAME}_test PRIVATE
    EDGEBERT_SOURCE_DIR="${PROJECT_SOURCE_DIR}" EDGEBERT_BINARY_DIR="${PROJECT_BINARY_DIR}")
  # Most of a test's compile time is these headers and the optimisation of its assertions, which
  # sanitizers make three times longer.
  target_precompile_headers(${NAME}_test PRIVATE <gmock/gmock.h> <gtest/gtest.h>)
  if(EDGEBERT_SANITIZE)
    target_compile_options(${NAME}_test PRIVATE -O0)
  else()
    target_compile_options(${NAME}_test PRIVATE $<$<CONFIG:Release>:-O1>)
  endif()
  # A second label would need an escaped list, which gtest_discover_tests() takes apart.
  set(label ${NAME})
  if(ARG_PARSER)
    set(label parser)
  endif()
  gtest_discover_tests(${NAME}_test TEST_PREFIX ${NAME}. DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS ${label} TIMEOUT 600)
  if(ARG_PARSER)
    add_dependencies(parser_tests ${NAME}_test)
  endif()
endfunction()

# edgebert_layer_benchmarks(NAME [LIBRARIES target...])
# One executable for all *_benchmark.cc of the layer, with EDGEBERT_BUILD_BENCHMARKS.
function(edgebert_layer_benchmarks NAME)
  if(NOT EDGEBERT_BUILD_BENCHMARKS)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "LIBRARIES" ${ARGN})
  file(GLOB benchmarks CONFIGURE_DEPENDS "*_benchmark.cc")
  add_executable(${NAME}_benchmark ${benchmarks})
  target_link_libraries(${NAME}_benchmark PRIVATE
    edgebert_compiler edgebert_${NAME} ${ARG_LIBRARIES} benchmark::benchmark_main)
  target_compile_definitions(${NAME}_benchmark PRIVATE EDGEBERT_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
endfunction()

# edgebert_fuzzer(NAME SOURCE LIBRARIES...)
# A libFuzzer target under clang with EDGEBERT_BUILD_FUZZERS; its corpus lies in tests/corpus/NAME.
# Every build also runs that corpus through the same entry point as an ordinary test.
function(edgebert_fuzzer NAME SOURCE)
  if(EDGEBERT_BUILD_FUZZERS)
    add_executable(${NAME} ${SOURCE})
    target_link_libraries(${NAME} PRIVATE edgebert_compiler ${ARGN})
    target_compile_options(${NAME} PRIVATE -fsanitize=fuzzer)
    target_link_options(${NAME} PRIVATE -fsanitize=fuzzer)
  endif()
  if(EDGEBERT_BUILD_TESTS)
    add_executable(${NAME}_replay ${SOURCE} ${PROJECT_SOURCE_DIR}/tests/fuzz_replay_main.cc)
    target_link_libraries(${NAME}_replay PRIVATE edgebert_compiler ${ARGN})
    add_test(NAME fuzz.${NAME}.corpus COMMAND ${NAME}_replay ${PROJECT_SOURCE_DIR}/tests/corpus/${NAME})
    set_tests_properties(fuzz.${NAME}.corpus PROPERTIES LABELS parser TIMEOUT 600)
    add_dependencies(parser_tests ${NAME}_replay)
  endif()
endfunction()
