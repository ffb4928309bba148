/*
 * wire_put.c - JSON as text, fast where there is much of it and exact where it is the user's.
 *
 * Most bytes of a message are strings that need no escape: vectors as base64, and texts.  jansson
 * looks at each of their characters as one of UTF-8; here a string is looked through in one simple
 * pass and copied whole.  An answer of many rows is half numbers and names: those too are written here.
 *
 * Components and distances are float32, for which 9 digits are enough.  Numbers in a meta are
 * doubles, and come back as they were given: with the fewest digits that are exact.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire.h"

static bool put(struct buf *b, const json_t *value, bool exact);

static int
append(const char *p, size_t n, void *b)
{
	return buf_put(b, p, n) ? 0 : -1;
}

static bool
put_by_jansson(struct buf *b, const json_t *value)
{
	return json_dump_callback(value, append, b, JSON_ENCODE_ANY | JSON_REAL_PRECISION(9)) == 0;
}

/* Whether it is ASCII without a control character, quote or backslash. */
static bool
is_plain(const char *s, size_t n)
{
	unsigned bad = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];
		bad |= (unsigned)(c < 0x20) | (unsigned)(c > 0x7e) | (unsigned)(c == '"') |
		    (unsigned)(c == '\\');
	}
	return bad == 0;
}

static bool
put_plain(struct buf *b, const char *s, size_t n)
{
	return buf_putc(b, '"') && buf_put(b, s, n) && buf_putc(b, '"');
}

static bool
put_key(struct buf *b, const char *key)
{
	json_t *string;
	bool good;

	if (is_plain(key, strlen(key)))
		return put_plain(b, key, strlen(key)) && buf_putc(b, ':');
	string = json_string_nocheck(key);
	good = string != NULL && put_by_jansson(b, string) && buf_putc(b, ':');
	json_decref(string);
	return good;
}

static bool
put_exact(struct buf *b, double x)
{
	char s[40];
	int digits = 15;

	do
		snprintf(s, sizeof(s), "%.*g", digits, x);
	while (strtod(s, NULL) != x && digits++ < 17);
	return buf_puts(b, s) && (strpbrk(s, ".e") != NULL || buf_puts(b, ".0"));
}

/* As jansson writes it, which knows more cases: what has an exponent, and no number, is its own. */
static bool
put_real(struct buf *b, const json_t *value)
{
	char s[40];
	int n = snprintf(s, sizeof(s), "%.9g", json_real_value(value));

	if (strspn(s, "-.0123456789") != (size_t)n)
		return put_by_jansson(b, value);
	return buf_put(b, s, (size_t)n) && (strchr(s, '.') != NULL || buf_puts(b, ".0"));
}

static bool
put_integer(struct buf *b, json_int_t i)
{
	char s[24], *p = s + sizeof(s);
	unsigned long long rest = i < 0 ? 0 - (unsigned long long)i : (unsigned long long)i;

	do
		*--p = (char)('0' + rest % 10);
	while ((rest /= 10) > 0);
	if (i < 0)
		*--p = '-';
	return buf_put(b, p, (size_t)(s + sizeof(s) - p));
}

static bool
put_array(struct buf *b, const json_t *array, bool exact)
{
	bool good = buf_putc(b, '[');

	for (size_t i = 0; good && i < json_array_size(array); i++)
		good = (i == 0 || buf_putc(b, ',')) && put(b, json_array_get(array, i), exact);
	return good && buf_putc(b, ']');
}

static bool
put_object(struct buf *b, const json_t *members, bool exact)
{
	/* jansson's iterators want it so, and change nothing */
	json_t *object = (json_t *)(uintptr_t)members;
	bool good = buf_putc(b, '{'), first = true;

	for (void *i = json_object_iter(object); good && i != NULL;
	    i = json_object_iter_next(object, i), first = false) {
		const char *key = json_object_iter_key(i);
		good = (first || buf_putc(b, ',')) && put_key(b, key) &&
		    put(b, json_object_iter_value(i), exact || strcmp(key, "meta") == 0);
	}
	return good && buf_putc(b, '}');
}

static bool
put(struct buf *b, const json_t *value, bool exact)
{
	const char *s = json_string_value(value);
	size_t n = json_string_length(value);

	if (json_is_object(value))
		return put_object(b, value, exact);
	if (json_is_array(value))
		return put_array(b, value, exact);
	if (s != NULL && is_plain(s, n))
		return put_plain(b, s, n);
	switch (value != NULL ? json_typeof(value) : JSON_STRING) {
	case JSON_INTEGER: return put_integer(b, json_integer_value(value));
	case JSON_REAL: return exact ? put_exact(b, json_real_value(value)) : put_real(b, value);
	case JSON_NULL: return buf_puts(b, "null");
	case JSON_TRUE: return buf_puts(b, "true");
	case JSON_FALSE: return buf_puts(b, "false");
	default: return put_by_jansson(b, value);
	}
}

bool
wire_put(struct buf *b, const json_t *value)
{
	return put(b, value, false);
}

bool
wire_put_meta(struct buf *b, const json_t *meta)
{
	return put(b, meta, true);
}
