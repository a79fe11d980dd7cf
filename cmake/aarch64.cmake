# Cross-building for 64-bit ARM with Debian's g++-aarch64-linux-gnu; what is built runs under qemu-user.
# EDGEBERT_AARCH64_SYSROOT is the folder that tools/aarch64_sysroot.sh has filled.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)

set(EDGEBERT_AARCH64_SYSROOT "${CMAKE_CURRENT_LIST_DIR}/../build/aarch64-sysroot" CACHE PATH "Debian's arm64 libraries")
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES EDGEBERT_AARCH64_SYSROOT)
get_filename_component(sysroot "${EDGEBERT_AARCH64_SYSROOT}" REALPATH)
if(NOT EXISTS "${sysroot}/usr/lib/aarch64-linux-gnu")
  message(FATAL_ERROR "${sysroot} has no arm64 libraries: run tools/aarch64_sysroot.sh ${sysroot}")
endif()
set(CMAKE_FIND_ROOT_PATH "${sysroot}")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_LIBDIR} "${sysroot}/usr/lib/aarch64-linux-gnu/pkgconfig:${sysroot}/usr/share/pkgconfig")
set(ENV{PKG_CONFIG_SYSROOT_DIR} "${sysroot}")
# Headers that differ between architectures; the compiler knows its own C library's only.
set(CMAKE_CXX_STANDARD_INCLUDE_DIRECTORIES "${sysroot}/usr/include/aarch64-linux-gnu")
# Libraries that libraries need; and where qemu finds all of them, with the C library's own loader.
set(libraries "${sysroot}/usr/lib/aarch64-linux-gnu:${sysroot}/lib/aarch64-linux-gnu")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-Wl,-rpath-link,${libraries}")
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -L "${sysroot}" -E "LD_LIBRARY_PATH=${libraries}")
