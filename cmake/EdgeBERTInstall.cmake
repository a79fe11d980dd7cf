# Installs the program, its data, the headers and a CMake package: find_package(EdgeBERT), then link
# EdgeBERT::pipeline.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# The program's own layers stay out of the package; so do the optional ones, which need more libraries.
set(installed_layers ${EDGEBERT_LAYERS})
list(REMOVE_ITEM installed_layers onnx systemc simulate bench mpi train cli cli_simulate cli_train)
list(TRANSFORM installed_layers PREPEND edgebert_ OUTPUT_VARIABLE layer_targets)
install(TARGETS ${layer_targets} EXPORT EdgeBERTTargets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}/edgebert)
install(TARGETS edgebert RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
if(TARGET edgebert-simulate)
  # `edgebert simulate` goes on as this program. Whoever built `edgebert` alone can still install that.
  install(TARGETS edgebert-simulate RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} OPTIONAL)
endif()
foreach(layer IN LISTS installed_layers)
  install(DIRECTORY src/edgebert/${layer} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/edgebert
          FILES_MATCHING PATTERN "*.h" PATTERN "*_testing.h" EXCLUDE)
endforeach()
install(DIRECTORY models hardware bench/peers DESTINATION ${CMAKE_INSTALL_DATADIR}/edgebert
        PATTERN "__pycache__" EXCLUDE)

set(package_directory ${CMAKE_INSTALL_LIBDIR}/cmake/EdgeBERT)
install(EXPORT EdgeBERTTargets NAMESPACE EdgeBERT:: DESTINATION ${package_directory})
configure_package_config_file(cmake/EdgeBERTConfig.cmake.in
  ${PROJECT_BINARY_DIR}/EdgeBERTConfig.cmake INSTALL_DESTINATION ${package_directory})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/EdgeBERTConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/EdgeBERTConfig.cmake
              ${PROJECT_BINARY_DIR}/EdgeBERTConfigVersion.cmake
        DESTINATION ${package_directory})
