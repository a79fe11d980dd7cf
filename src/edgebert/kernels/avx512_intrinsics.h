#ifndef EDGEBERT_KERNELS_AVX512_INTRINSICS_H_
#define EDGEBERT_KERNELS_AVX512_INTRINSICS_H_

#if defined(__GNUC__) && !defined(__clang__)
// GCC 12 warns of its own intrinsics, which leave operands undefined on purpose (GCC bug 105593).
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include <immintrin.h>

#endif  // EDGEBERT_KERNELS_AVX512_INTRINSICS_H_
