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

/* The value of a digit; 64 and over for what is none. */
static uint8_t
value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (uint8_t)(c - 'A');
	if (c >= 'a' && c <= 'z')
		return (uint8_t)(c - 'a' + 26);
	if (c >= '0' && c <= '9')
		return (uint8_t)(c - '0' + 52);
	return c == '+' ? 62 : c == '/' ? 63 : 64;
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
