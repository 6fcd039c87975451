# Finds LibTorch and defines the target dcgan::libtorch.
#
# The wheel's own TorchConfig.cmake is not used: it fails on machines without the CUDA toolkit and
# links libtorch_cuda into every program. Here only libtorch_cpu and libc10 are linked; the program
# opens libtorch_cuda.so itself, and only when a GPU is asked for.
#
# Where it looks, first hit wins:
#   1. Torch_DIR (CMake variable or environment), as find_package(Torch) would take it
#   2. CMAKE_PREFIX_PATH (CMake variable or environment)
#   3. .venv beside this project, made by ./run
#   4. the torch package of the active Python

set(DCGAN_MINIMUM_TORCH 2.11)

function(dcgan_torch_candidates result)
  set(roots "")
  foreach(dir IN ITEMS "${Torch_DIR}" "$ENV{Torch_DIR}")
    if(dir)
      get_filename_component(root "${dir}/../../.." ABSOLUTE)
      list(APPEND roots "${root}" "${dir}")
    endif()
  endforeach()
  string(REPLACE ":" ";" prefixes_from_environment "$ENV{CMAKE_PREFIX_PATH}")
  foreach(prefix IN LISTS CMAKE_PREFIX_PATH prefixes_from_environment)
    list(APPEND roots "${prefix}")
    get_filename_component(root "${prefix}/../.." ABSOLUTE)  # .../torch/share/cmake
    list(APPEND roots "${root}")
  endforeach()
  file(GLOB own "${CMAKE_SOURCE_DIR}/.venv/lib/python3*/site-packages/torch")
  list(APPEND roots ${own})
  set(${result} "${roots}" PARENT_SCOPE)
endfunction()

function(dcgan_find_torch result)
  dcgan_torch_candidates(roots)
  foreach(root IN LISTS roots)
    if(EXISTS "${root}/lib/libtorch_cpu.so" AND EXISTS "${root}/include/torch/csrc/api/include")
      set(${result} "${root}" PARENT_SCOPE)
      return()
    endif()
  endforeach()
  # find_spec does not import torch: half a second instead of five.
  execute_process(
    COMMAND python3 -c "import importlib.util as u; s = u.find_spec('torch'); print(s.submodule_search_locations[0] if s else '')"
    OUTPUT_VARIABLE root OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(root AND EXISTS "${root}/lib/libtorch_cpu.so")
    set(${result} "${root}" PARENT_SCOPE)
    return()
  endif()
  message(FATAL_ERROR "LibTorch not found: run ./run build (it installs the PyPI wheel into .venv), "
                      "or set CMAKE_PREFIX_PATH or Torch_DIR to an existing one")
endfunction()

function(dcgan_check_torch root)
  set(version_file "${root}/include/torch/headeronly/version.h")
  if(NOT EXISTS "${version_file}")
    set(version_file "${root}/include/torch/csrc/api/include/torch/version.h")
  endif()
  file(STRINGS "${version_file}" lines REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) ")
  string(REGEX REPLACE "[^0-9]+" "." version "${lines}")
  string(REGEX REPLACE "^\\.|\\.$" "" version "${version}")
  if(version VERSION_LESS DCGAN_MINIMUM_TORCH)
    message(FATAL_ERROR "LibTorch ${version} in ${root} is too old: ${DCGAN_MINIMUM_TORCH} or newer is needed")
  endif()
  # Names that carry [abi:cxx11] or __cxx11 are there only with the new string ABI, which OpenCV and
  # every other library of the system has.
  file(STRINGS "${root}/lib/libc10.so" new_abi REGEX "__cxx11" LIMIT_COUNT 1)
  if(NOT new_abi)
    message(FATAL_ERROR "LibTorch ${version} in ${root} is built with the old string ABI (_GLIBCXX_USE_CXX11_ABI=0): take one built with the new ABI (=1)")
  endif()
  set(DCGAN_TORCH_VERSION "${version}" PARENT_SCOPE)
endfunction()

dcgan_find_torch(DCGAN_TORCH_ROOT)
dcgan_check_torch("${DCGAN_TORCH_ROOT}")
message(STATUS "LibTorch ${DCGAN_TORCH_VERSION}: ${DCGAN_TORCH_ROOT}")

# libtorch_cpu of a CUDA wheel needs libcudart and libcupti, which the nvidia packages bring.
file(GLOB DCGAN_TORCH_LIBRARY_DIRS "${DCGAN_TORCH_ROOT}/lib" "${DCGAN_TORCH_ROOT}/../nvidia/*/lib")

add_library(dcgan_libtorch INTERFACE)
add_library(dcgan::libtorch ALIAS dcgan_libtorch)
# After the system's own headers: the wheel ships copies of fmt and protobuf that would shadow them.
target_compile_options(dcgan_libtorch INTERFACE
  "SHELL:-idirafter ${DCGAN_TORCH_ROOT}/include"
  "SHELL:-idirafter ${DCGAN_TORCH_ROOT}/include/torch/csrc/api/include")
target_link_libraries(dcgan_libtorch INTERFACE
  "${DCGAN_TORCH_ROOT}/lib/libtorch_cpu.so" "${DCGAN_TORCH_ROOT}/lib/libc10.so")
foreach(dir IN LISTS DCGAN_TORCH_LIBRARY_DIRS)
  target_link_options(dcgan_libtorch INTERFACE "LINKER:-rpath-link,${dir}")
endforeach()
