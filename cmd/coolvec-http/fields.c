/*
 * fields.c - escapes and urlencoded text; multipart.c has the other form.
 */

#include <string.h>
#include <strings.h>

#include "fields.h"

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
fields_unescape(char *s, size_t *n, bool plus)
{
	size_t to = 0;

	for (size_t i = 0; i < *n; i++) {
		char c = s[i];

		if (c == '%') {
			int high = *n - i < 3 ? -1 : hex(s[i + 1]),
			    low = high < 0 ? -1 : hex(s[i + 2]);

			if (low < 0)
				return false;
			c = (char)(high * 16 + low);
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		if (c == '\0')
			return false;
		s[to++] = c;
	}
	s[to] = '\0';
	*n = to;
	return true;
}

static int
add_pair(char *s, size_t n, struct fields *f, struct err *err)
{
	char *equals = memchr(s, '=', n);
	size_t nname = equals != NULL ? (size_t)(equals - s) : n;
	size_t nvalue = equals != NULL ? n - nname - 1 : 0;
	char *value = equals != NULL ? equals + 1 : s + n;

	if (f->n == FIELDS_MAX)
		return err_set(err, -1, "more than %d parameters", FIELDS_MAX);
	if (!fields_unescape(value, &nvalue, true) || !fields_unescape(s, &nname, true))
		return err_set(err, -1, "a parameter has a bad %%-escape");
	f->at[f->n++] = (struct field){ s, value, nvalue };
	return 0;
}

int
fields_urlencoded(char *s, size_t n, struct fields *f, struct err *err)
{
	size_t at = 0;

	while (at < n) {
		const char *amp = memchr(s + at, '&', n - at);
		size_t len = amp != NULL ? (size_t)(amp - s) - at : n - at;

		s[at + len] = '\0';
		if (len > 0 && add_pair(s + at, len, f, err) != 0)
			return -1;
		at += len + 1;
	}
	return 0;
}

bool
fields_type_is(const char *type, const char *want)
{
	size_t n = strlen(want);

	if (type == NULL || strncasecmp(type, want, n) != 0)
		return false;
	type += n;
	type += strspn(type, " \t");
	return *type == '\0' || *type == ';';
}
