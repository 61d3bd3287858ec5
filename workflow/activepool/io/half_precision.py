"""Conversion of float16 to float32 at the speed of memory; NumPy's own takes about four times as long.

A float16 has a sign, 5 bits of exponent and 10 of mantissa; a float32 has 8 and 23. After moving the bits to
their places in the float32 the exponent is too small by 112, for subnormal numbers as well; multiplying by
2¹¹² corrects it exactly. Infinity and NaN become numbers of at least 65,536, which are larger than any
float16.
"""

import numpy as np

from activepool.compute.arrays import FloatArray, IntArray

#: Numbers that are converted at once: few enough for a core's cache, many enough that threads seldom wait for
#: each other's Python.
CHUNK_SIZE = 2**19

#: The bits of a float32 where sign, exponent and mantissa of a float16 go, as a signed number of 32 bits.
FLOAT16_MASK = np.array(0x8FFFE000, dtype=np.uint32).view(np.int32)

SCALE, OVERFLOW = np.float32(2.0**112), np.float32(2.0**16)


def to_single(half: FloatArray, rows: IntArray | None = None) -> FloatArray:
    """Return the float16 matrix ``half`` (n, d), or some ``rows`` (m,) of it, as float32; the same values."""
    count = len(half) if rows is None else len(rows)
    single = np.empty((count, half.shape[1]), dtype=np.float32)
    step = max(1, CHUNK_SIZE // max(1, half.shape[1]))
    for start in range(0, count, step):
        chunk = slice(start, start + step)
        _convert(half[chunk if rows is None else rows[chunk]], single[chunk])
    return single


def _convert(half: FloatArray, single: FloatArray) -> None:
    bits = single.view(np.int32)
    bits[...] = half.view(np.int16)
    np.left_shift(bits, 13, out=bits)
    np.bitwise_and(bits, FLOAT16_MASK, out=bits)
    np.multiply(single, SCALE, out=single)
    if single.size and (single.max() >= OVERFLOW or single.min() <= -OVERFLOW):
        single[...] = half
