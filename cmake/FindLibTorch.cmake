# Finds libtorch, Debian's (package libtorch-dev) or another one, such as the `torch` folder of a Python wheel, under
# LIBTORCH_ROOT. Gives the target LibTorch::LibTorch. Torch's own CMake package is not used: with a CUDA build it asks for the
# CUDA toolkit, which nothing here compiles with.
set(LIBTORCH_ROOT "" CACHE PATH "Folder with libtorch's include/ and lib/; empty: the system's")

set(libtorch_hints HINTS "${LIBTORCH_ROOT}")
if(LIBTORCH_ROOT)
  list(APPEND libtorch_hints NO_DEFAULT_PATH)
endif()
find_path(LIBTORCH_INCLUDE_DIR c10/core/Device.h ${libtorch_hints} PATH_SUFFIXES include)
find_path(LIBTORCH_API_INCLUDE_DIR torch/torch.h ${libtorch_hints} HINTS "${LIBTORCH_INCLUDE_DIR}"
          PATH_SUFFIXES include/torch/csrc/api/include torch/csrc/api/include)
foreach(library torch torch_cpu c10)
  find_library(LIBTORCH_${library}_LIBRARY ${library} ${libtorch_hints} PATH_SUFFIXES lib)
  list(APPEND libtorch_required LIBTORCH_${library}_LIBRARY)
endforeach()
foreach(library torch_cuda c10_cuda)  # Only where the build supports GPUs.
  find_library(LIBTORCH_${library}_LIBRARY ${library} ${libtorch_hints} PATH_SUFFIXES lib)
  mark_as_advanced(LIBTORCH_${library}_LIBRARY)
endforeach()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibTorch
  REQUIRED_VARS ${libtorch_required} LIBTORCH_INCLUDE_DIR LIBTORCH_API_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "install Debian's libtorch-dev, or set LIBTORCH_ROOT to the folder of another libtorch")
mark_as_advanced(${libtorch_required} LIBTORCH_INCLUDE_DIR LIBTORCH_API_INCLUDE_DIR)

if(LibTorch_FOUND AND NOT TARGET LibTorch::LibTorch)
  add_library(LibTorch::LibTorch INTERFACE IMPORTED)
  # A wheel's folder holds headers of other libraries too: those of fmt are not of the fmt that we link, so all but them are
  # linked into a folder of our own.
  set(libtorch_include "${CMAKE_BINARY_DIR}/libtorch_include")
  file(MAKE_DIRECTORY "${libtorch_include}")
  file(GLOB libtorch_headers "${LIBTORCH_INCLUDE_DIR}/*")
  if(NOT LIBTORCH_ROOT)
    set(libtorch_headers "")
  endif()
  foreach(header IN LISTS libtorch_headers)
    get_filename_component(name "${header}" NAME)
    if(NOT name STREQUAL "fmt")
      file(CREATE_LINK "${header}" "${libtorch_include}/${name}" SYMBOLIC)
    endif()
  endforeach()
  target_include_directories(LibTorch::LibTorch SYSTEM INTERFACE "${LIBTORCH_API_INCLUDE_DIR}" "${libtorch_include}")
  # The GPU libraries register themselves when loaded; a linker that drops what it sees no use of would lose them.
  set(libtorch_libraries "${LIBTORCH_torch_cpu_LIBRARY}" "${LIBTORCH_c10_LIBRARY}" "${LIBTORCH_torch_LIBRARY}")
  if(LIBTORCH_torch_cuda_LIBRARY)
    list(APPEND libtorch_libraries -Wl,--no-as-needed "${LIBTORCH_torch_cuda_LIBRARY}" "${LIBTORCH_c10_cuda_LIBRARY}" -Wl,--as-needed)
  endif()
  # A wheel's libraries find the CUDA libraries that lie beside it by their own RPATH.
  target_link_libraries(LibTorch::LibTorch INTERFACE ${libtorch_libraries} -Wl,--allow-shlib-undefined)
endif()
