#!/bin/bash
# Compile the locked Horovod for the PyTorch, the TensorFlow and the MPI that are here.
#
# Horovod 0.28.1 is older than the compiler and the frameworks. The changes below bring
# them together; each is checked to have hit something.
#
#   build.sh PREFIX CACHE
#
# Beside this script: requirements.txt, Horovod's lock, and tensorflow.txt, that of the
# TensorFlow here. Wheels stay in the cache, under a name that tells of all they are
# made of, since compiling takes minutes.
set -euo pipefail
prefix=$1 cache=$2
here=$(dirname "$0")
python=/opt/mofang/bin/python
packages=$prefix/lib/python3.13/site-packages
work=$(mktemp -d)

replace() { # file, pattern, replacement
  grep -q -- "$2" "$1" || { echo "horovod: $1 has no '$2' any more." >&2; exit 1; }
  sed -i "s|$2|$3|" "$1"
}

change_sources() {
  # PyTorch's headers are written in C++17.
  replace CMakeLists.txt 'CMAKE_CXX_STANDARD 14' 'CMAKE_CXX_STANDARD 17'
  replace horovod/torch/CMakeLists.txt 'CMAKE_CXX_STANDARD 14' 'CMAKE_CXX_STANDARD 17'
  # GCC 14 checks what nobody calls: an assignment to a constant.
  replace third_party/flatbuffers/include/flatbuffers/stl_emulation.h \
    'const size_type count_;' 'size_type count_;'
  # TensorFlow 2.21 moved what Horovod's operations inside XLA include; they are off by
  # default (HOROVOD_ENABLE_XLA_OPS) and left out.
  replace horovod/tensorflow/xla_mpi_ops.cc '^#if TENSORFLOW_VERSION >= 2006000000' '#if 0'
  # Loaded for all to see, it brings along PyTorch's protobuf, which TensorFlow then takes
  # for its own and crashes. OpenMPI's plugins have needed no such thing since 4.0.
  replace horovod/common/basics.py ', mode=ctypes.RTLD_GLOBAL' ''
  # Functions that Keras 3 no longer has come from wherever tf.keras is.
  for file in __init__.py callbacks.py; do
    replace "horovod/tensorflow/keras/$file" \
      'from keras import backend' 'from tensorflow.keras import backend'
  done
}

compile() { # folder for the wheel
  $python -m pip download --quiet --require-hashes --no-deps --no-build-isolation \
    --no-binary horovod --dest "$work" -r "$work/horovod.txt"
  tar -C "$work" -xzf "$work"/horovod-*.tar.gz
  cd "$work"/horovod-*/
  change_sources
  # Its sources get these from newer headers no longer.
  export CXXFLAGS="-g0 -include stdexcept -include string -include cstdint"
  export HOROVOD_WITH_PYTORCH=1 HOROVOD_WITH_TENSORFLOW=1 HOROVOD_WITHOUT_MXNET=1 \
    HOROVOD_WITH_MPI=1 HOROVOD_CPU_OPERATIONS=MPI HOROVOD_WITHOUT_GLOO=1 \
    MAKEFLAGS="-j$(nproc)"
  $python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir "$1" .
}

# What Horovod needs, the compilation included.
sed '/^horovod==/,/[^\\]$/d' "$here/requirements.txt" >"$work/others.txt"
sed -n '/^horovod==/,/[^\\]$/p' "$here/requirements.txt" >"$work/horovod.txt"
$python -m pip install --quiet --require-hashes --no-deps --no-compile \
  --prefix "$prefix" -r "$work/others.txt"
export PYTHONPATH=$packages

made_of=$(
  cat "$0" "$here/requirements.txt" "$here/tensorflow.txt"
  dpkg-query --show libtorch-dev libopenmpi-dev g++
)
kept=$cache/$(sha256sum <<<"$made_of" | cut -c1-16)
if [ ! -d "$kept" ]; then
  compile "$work/wheel"
  mkdir -p "$cache"
  mv "$work/wheel" "$kept.$$"
  mv -T "$kept.$$" "$kept"
fi
$python -m pip install --quiet --no-deps --no-compile --prefix "$prefix" "$kept"/*.whl
$python -m compileall -q --invalidation-mode unchecked-hash "$packages"
rm -rf "$work"
