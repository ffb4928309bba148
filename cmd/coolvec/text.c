/*
 * text.c - escapes and widths, by utf8proc.
 *
 * U+0080 to U+009F are control characters that some terminals obey as they obey ESC, so they are
 * escaped like ESC.
 */

#include <string.h>
#include <utf8proc.h>

#include "text.h"

/* One character at `s`: its length in bytes, 0 when it is not UTF-8. */
static size_t
next(const char *s, size_t n, utf8proc_int32_t *c)
{
	utf8proc_ssize_t len =
	    utf8proc_iterate((const utf8proc_uint8_t *)s, (utf8proc_ssize_t)n, c);

	return len > 0 ? (size_t)len : 0;
}

static bool
disturbs_line(utf8proc_int32_t c)
{
	return c == 0x2028 || c == 0x2029 || c == 0x061c || c == 0x200e || c == 0x200f ||
	    (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

static void
escape_bytes(struct buf *out, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_putf(out, "\\x%02x", (unsigned char)s[i]);
}

void
text_escape(struct buf *out, const char *s, size_t n, enum text_form form)
{
	utf8proc_int32_t c;
	size_t len;

	for (; n > 0; s += len, n -= len) {
		if ((len = next(s, n, &c)) == 0)
			escape_bytes(out, s, len = 1);
		else if (c == '\t')
			buf_puts(out, "\\t");
		else if (c == '\n')
			buf_puts(out, "\\n");
		else if (c == '\r')
			buf_puts(out, "\\r");
		else if (c == '\\' && form != TEXT_SENTENCE)
			buf_puts(out, "\\\\");
		else if (c < 0x20 || (c >= 0x7f && c < 0xa0))
			escape_bytes(out, s, len);
		else if (form != TEXT_FIELD && disturbs_line(c))
			buf_putf(out, "\\u{%x}", (unsigned)c);
		else
			buf_put(out, s, len);
	}
}

static size_t
columns(utf8proc_int32_t c)
{
	int w = utf8proc_charwidth(c);

	return w > 0 ? (size_t)w : 0;
}

size_t
text_fit(const char *s, size_t n, size_t width, size_t *cols)
{
	utf8proc_int32_t c;
	size_t at = 0, len, w;

	*cols = 0;
	while (at < n) {
		if ((len = next(s + at, n - at, &c)) == 0)
			len = w = 1;
		else
			w = columns(c);
		if (*cols + w > width)
			break;
		*cols += w;
		at += len;
	}
	return at;
}

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		return (c | 0x20) - 'a' + 10;
	return -1;
}

bool
text_unescape(struct buf *out, const char *s, size_t n)
{
	static const char letters[] = "tnr\\", meant[] = "\t\n\r\\";
	const char *end = s + n, *slash, *letter;

	for (; (slash = memchr(s, '\\', (size_t)(end - s))) != NULL; s++) {
		buf_put(out, s, (size_t)(slash - s));
		if ((s = slash + 1) == end)
			return false;
		if (*s != '\0' && (letter = strchr(letters, *s)) != NULL) {
			buf_putc(out, meant[letter - letters]);
		} else if (*s == 'x' && end - s > 2 && hex(s[1]) >= 0 && hex(s[2]) >= 0) {
			buf_putc(out, (char)(hex(s[1]) << 4 | hex(s[2])));
			s += 2;
		} else {
			return false;
		}
	}
	return buf_put(out, s, (size_t)(end - s));
}

size_t
text_width(const char *s, size_t n)
{
	size_t cols;

	text_fit(s, n, SIZE_MAX / 2, &cols);
	return cols;
}

void
text_escape_json(struct buf *out, const char *s, size_t n)
{
	size_t from = 0;

	for (size_t i = 0; i < n; i++) {
		bool c1 =
		    (unsigned char)s[i] == 0xc2 && i + 1 < n && (unsigned char)s[i + 1] < 0xa0;
		if (s[i] != 0x7f && !c1)
			continue;
		buf_put(out, s + from, i - from);
		buf_putf(out, "\\u%04x", c1 ? (unsigned char)s[i + 1] : 0x7fu);
		i += c1;
		from = i + 1;
	}
	buf_put(out, s + from, n - from);
}

bool
text_valid(const char *s, size_t n)
{
	utf8proc_int32_t c;
	size_t len;

	while (n > 0 && (unsigned char)*s < 0x80)
		s++, n--;
	for (; n > 0; s += len, n -= len)
		if ((len = next(s, n, &c)) == 0)
			return false;
	return true;
}

bool
text_blank(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strchr(" \t\r\v\f\n", s[i]) == NULL || s[i] == '\0')
			return false;
	return true;
}
