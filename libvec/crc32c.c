/*
 * crc32c.c - CRC-32C as in RFC 3720: polynomial 0x1EDC6F41 reflected, first and last inverted.
 */

#include "crc32c.h"
#include "vec.h"

#define POLYNOMIAL 0x82f63b78u

/*
 * A nibble at a time: 16 entries that are computed here need neither a generated table nor code
 * that fills one before the first use.
 */
uint32_t
crc32c_table(uint32_t crc, const unsigned char *p, size_t n)
{
	uint32_t table[16];

	for (uint32_t i = 0; i < 16; i++) {
		table[i] = i;
		for (int bit = 0; bit < 4; bit++)
			table[i] = table[i] >> 1 ^ (table[i] & 1 ? POLYNOMIAL : 0);
	}
	crc = ~crc;
	for (size_t i = 0; i < n; i++) {
		crc ^= p[i];
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return ~crc;
}

uint32_t
vec_crc32c(uint32_t crc, const void *p, size_t n)
{
	crc32c_function *fast = crc32c_sse42();

	return fast ? fast(crc, p, n) : crc32c_table(crc, p, n);
}

/* The product of two polynomials modulo ours; reflected, so that the highest bit is x^0. */
static uint32_t
multiply(uint32_t a, uint32_t b)
{
	uint32_t product = 0;

	for (uint32_t bit = 1u << 31; bit != 0; bit >>= 1) {
		if (a & bit)
			product ^= b;
		b = b >> 1 ^ (b & 1 ? POLYNOMIAL : 0);
	}
	return product;
}

uint32_t
crc32c_join(uint32_t a, uint32_t b, uint64_t n)
{
	uint32_t square = 1u << 23;	/* x^8 */

	for (; n > 0; n >>= 1) {
		if (n & 1)
			a = multiply(square, a);
		square = multiply(square, square);
	}
	return a ^ b;
}
