# Compiler settings shared by every target of the project.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(EDGEBERT_CCACHE ccache)
if(EDGEBERT_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${EDGEBERT_CCACHE}")
endif()

add_library(edgebert_compiler INTERFACE)
target_compile_features(edgebert_compiler INTERFACE cxx_std_20)
# A contracted multiply-add rounds once where source says twice: results would differ between machines.
target_compile_options(edgebert_compiler INTERFACE
  $<BUILD_INTERFACE:-Wall;-Wextra;-Wpedantic;-Wshadow;-Wconversion;-Wsign-conversion;-Wnon-virtual-dtor;-Woverloaded-virtual;-ffp-contract=off>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 warns falsely where strings are concatenated (GCC bug 105651).
  target_compile_options(edgebert_compiler INTERFACE $<BUILD_INTERFACE:-Wno-restrict>)
endif()
if(EDGEBERT_WARNINGS_AS_ERRORS)
  target_compile_options(edgebert_compiler INTERFACE $<BUILD_INTERFACE:-Werror>)
endif()
if(EDGEBERT_SANITIZE)
  add_compile_options(-fsanitize=${EDGEBERT_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${EDGEBERT_SANITIZE})
endif()
if(EDGEBERT_BUILD_FUZZERS)
  # Without it libFuzzer sees only its own target and is blind to the library that it shall explore.
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
