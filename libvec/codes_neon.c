/*
 * codes_neon.c - codes with the dot product instructions of Armv8.2.
 *
 * They multiply signed bytes: a row's bytes are taken less 128, and 128 times the sum of the
 * query's is added at the end.
 */

#if defined(__aarch64__) && defined(__ARM_FEATURE_DOTPROD)

#define CODE_LANES 4

#include "codes_rows.h"
#include "codes_encode.h"
#include <arm_neon.h>
#include <sys/auxv.h>

#ifndef HWCAP_ASIMDDP
#define HWCAP_ASIMDDP (1ul << 20)
#endif

CODES_INLINE int32x4_t
step(int32x4_t acc, const unsigned char *row, int8x16_t q)
{
	uint8x16_t x = veorq_u8(vld1q_u8(row), vdupq_n_u8(0x80));

	return vdotq_s32(acc, vreinterpretq_s8_u8(x), q);
}

CODES_INLINE code_i4
dots(const struct code_query *q, const unsigned char *const rows[4], size_t stride)
{
	int32x4_t a = vdupq_n_s32(0), b = a, c = a, d = a;

	for (size_t i = 0; i < stride; i += 16) {
		int8x16_t x = vld1q_s8(q->bytes + i);

		a = step(a, rows[0] + i, x);
		b = step(b, rows[1] + i, x);
		c = step(c, rows[2] + i, x);
		d = step(d, rows[3] + i, x);
	}
	a = vpaddq_s32(vpaddq_s32(a, b), vpaddq_s32(c, d));
	return (code_i4)vaddq_s32(a, vdupq_n_s32(q->shift));
}

CODES_INLINE int32x4_t
step_small(int32x4_t acc, const unsigned char *row, int8x16_t low, int8x16_t high)
{
	uint8x16_t x = vld1q_u8(row);

	acc = vdotq_s32(acc, vreinterpretq_s8_u8(vandq_u8(x, vdupq_n_u8(15))), low);
	return vdotq_s32(acc, vreinterpretq_s8_u8(vshrq_n_u8(x, 4)), high);
}

CODES_INLINE code_i4
dots_small(const struct code_query *q, const unsigned char *const rows[4], size_t stride)
{
	int32x4_t a = vdupq_n_s32(0), b = a, c = a, d = a;

	for (size_t i = 0; i < stride; i += 16) {
		int8x16_t low = vld1q_s8(q->bytes + i), high = vld1q_s8(q->bytes + stride + i);

		a = step_small(a, rows[0] + i, low, high);
		b = step_small(b, rows[1] + i, low, high);
		c = step_small(c, rows[2] + i, low, high);
		d = step_small(d, rows[3] + i, low, high);
	}
	return (code_i4)vpaddq_s32(vpaddq_s32(a, b), vpaddq_s32(c, d));
}

const struct codes_set *
codes_neon(void)
{
	static const struct codes_set set = {
		.name = "neon",
		.fast = { measure_l2, measure_ip, encode },
		.small = { measure_small_l2, measure_small_ip, encode_small },
	};

	return getauxval(AT_HWCAP) & HWCAP_ASIMDDP ? &set : NULL;
}

#else

#include "codes.h"

const struct codes_set *
codes_neon(void)
{
	return NULL;
}

#endif
