/*
 * base64.c - table in, table out.
 */

#include <stdint.h>
#include <string.h>

#include "base64.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
base64_encode(const void *p, size_t n, char *out)
{
	const uint8_t *in = p;

	for (; n >= 3; n -= 3, in += 3) {
		*out++ = digits[in[0] >> 2];
		*out++ = digits[(in[0] & 3) << 4 | in[1] >> 4];
		*out++ = digits[(in[1] & 15) << 2 | in[2] >> 6];
		*out++ = digits[in[2] & 63];
	}
	if (n > 0) {
		uint8_t second = n == 2 ? in[1] : 0;

		*out++ = digits[in[0] >> 2];
		*out++ = digits[(in[0] & 3) << 4 | second >> 4];
		*out++ = '=';
		if (n == 2)
			out[-1] = digits[(second & 15) << 2];
		*out++ = '=';
	}
	*out = '\0';
}

/* A digit's value plus one, zero for what is none: a look, for a vector has thousands of digits. */
static const uint8_t table[256] = {
	['A'] = 1, ['B'] = 2, ['C'] = 3, ['D'] = 4, ['E'] = 5, ['F'] = 6, ['G'] = 7, ['H'] = 8,
	['I'] = 9, ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15,
	['P'] = 16, ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22,
	['W'] = 23, ['X'] = 24, ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29,
	['d'] = 30, ['e'] = 31, ['f'] = 32, ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36,
	['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40, ['o'] = 41, ['p'] = 42, ['q'] = 43,
	['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48, ['w'] = 49, ['x'] = 50,
	['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56, ['4'] = 57,
	['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63, ['/'] = 64,
};

/* The value of a digit; 64 and over for what is none. */
static uint8_t
value(char c)
{
	return (uint8_t)(table[(unsigned char)c] - 1);
}

bool
base64_decode(const char *s, size_t n, void *out, size_t *nout)
{
	uint8_t *to = out;
	size_t pad;

	*nout = 0;
	if (n % 4 != 0)
		return false;
	pad = n >= 1 && s[n - 1] == '=' ? n >= 2 && s[n - 2] == '=' ? 2 : 1 : 0;
	for (size_t i = 0; i < n; i += 4) {
		size_t left = n - i == 4 ? pad : 0;
		uint8_t a = value(s[i]), b = value(s[i + 1]);
		uint8_t c = left >= 2 ? 0 : value(s[i + 2]), d = left >= 1 ? 0 : value(s[i + 3]);

		if ((a | b | c | d) >= 64)
			return false;
		/* the bits that padding cuts off must be zero: one text for one value */
		if ((left == 2 && (b & 15) != 0) || (left == 1 && (c & 3) != 0))
			return false;
		*to++ = (uint8_t)(a << 2 | b >> 4);
		if (left < 2)
			*to++ = (uint8_t)(b << 4 | c >> 2);
		if (left < 1)
			*to++ = (uint8_t)(c << 6 | d);
	}
	*nout = (size_t)(to - (uint8_t *)out);
	return true;
}
