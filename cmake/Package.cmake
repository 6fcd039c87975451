# What `cmake --install` gives other projects: find_package(dcgan) and the target dcgan::models.
include(CMakePackageConfigHelpers)

set(DCGAN_PACKAGE_DIR "${CMAKE_INSTALL_LIBDIR}/cmake/dcgan")
file(RELATIVE_PATH DCGAN_PREFIX_FROM_PACKAGE "/prefix/${DCGAN_PACKAGE_DIR}" "/prefix")
configure_file("${CMAKE_CURRENT_LIST_DIR}/dcganConfig.cmake.in" "${CMAKE_BINARY_DIR}/package/dcganConfig.cmake" @ONLY)
write_basic_package_version_file("${CMAKE_BINARY_DIR}/package/dcganConfigVersion.cmake" COMPATIBILITY SameMinorVersion)

install(TARGETS models dcgan_kernels ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(DIRECTORY "${CMAKE_SOURCE_DIR}/models" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/dcgan"
        FILES_MATCHING PATTERN "*.h" PATTERN "*-inl.h" EXCLUDE)
install(FILES "${CMAKE_BINARY_DIR}/package/dcganConfig.cmake" "${CMAKE_BINARY_DIR}/package/dcganConfigVersion.cmake"
              "${CMAKE_CURRENT_LIST_DIR}/LibTorch.cmake"
        DESTINATION "${DCGAN_PACKAGE_DIR}")
