/*
 * codes_scalar.c - codes without any instruction set: the reference for the others.
 */

#define CODE_LANES 4

#include "codes_rows.h"
#include "codes_encode.h"

CODES_INLINE code_i4
dots(const struct code_query *q, const unsigned char *const rows[4], size_t stride)
{
	code_i4 sum = { 0, 0, 0, 0 };

	for (int r = 0; r < 4; r++) {
		for (size_t i = 0; i < stride; i++)
			sum[r] += rows[r][i] * q->bytes[i];
	}
	return sum;
}

CODES_INLINE code_i4
dots_small(const struct code_query *q, const unsigned char *const rows[4], size_t stride)
{
	code_i4 sum = { 0, 0, 0, 0 };

	for (int r = 0; r < 4; r++) {
		for (size_t i = 0; i < stride; i++)
			sum[r] += (rows[r][i] & 15) * q->bytes[i] +
			    (rows[r][i] >> 4) * q->bytes[stride + i];
	}
	return sum;
}

const struct codes_set *
codes_scalar(void)
{
	static const struct codes_set set = {
		.name = "scalar",
		.fast = { measure_l2, measure_ip, encode },
		.small = { measure_small_l2, measure_small_ip, encode_small },
	};

	return &set;
}
