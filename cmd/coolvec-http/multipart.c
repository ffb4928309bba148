/*
 * multipart.c - multipart/form-data (RFC 7578), for the form of a login.
 *
 * The body is here whole, so a part is found by searching for the delimiter, CRLF "--" boundary.  A
 * value ends where that CRLF stood, which becomes its NUL.
 */

#include <string.h>
#include <strings.h>

#include "fields.h"

#define BOUNDARY_MAX 70		/* RFC 2046 */

/* "\r\n--boundary" into `out`; its length, or 0 when the type has no boundary. */
static size_t
delimiter(const char *type, char *out)
{
	const char *p = type;
	size_t n;

	while ((p = strchr(p, ';')) != NULL) {
		p++;
		p += strspn(p, " \t");
		if (strncasecmp(p, "boundary=", 9) == 0)
			break;
	}
	if (p == NULL)
		return 0;
	p += 9;
	if (*p == '"')
		n = strcspn(++p, "\"");
	else
		n = strcspn(p, "; \t");
	if (n == 0 || n > BOUNDARY_MAX)
		return 0;
	memcpy(out, "\r\n--", 4);	/* NOLINT(bugprone-not-null-terminated-result): no string */
	memcpy(out + 4, p, n);
	return n + 4;
}

/* The name of a part, from its Content-Disposition line at `line`; NUL is put behind it. */
static char *
part_name(char *line, size_t n)
{
	char *name, *end;

	line[n] = '\0';		/* the CR */
	if (strncasecmp(line, "content-disposition:", 20) != 0)
		return NULL;
	line += 20;
	line += strspn(line, " \t");
	if (strncasecmp(line, "form-data", 9) != 0 || (name = strstr(line, "; name=\"")) == NULL)
		return NULL;
	name += 8;
	if ((end = strchr(name, '"')) == NULL)
		return NULL;
	*end = '\0';
	return name;
}

/* A part's header lines from `s` on; returns what follows the empty line, or NULL. */
static char *
part_headers(char *s, const char *end, char **name)
{
	*name = NULL;
	for (;;) {
		char *cr = memmem(s, (size_t)(end - s), "\r\n", 2);
		char *found;

		if (cr == NULL)
			return NULL;
		if (cr == s)
			return s + 2;
		if ((found = part_name(s, (size_t)(cr - s))) != NULL)
			*name = found;
		s = cr + 2;
	}
}

static int
add_part(char *s, char *end, struct fields *f, struct err *err)
{
	char *name, *value = part_headers(s, end, &name);

	if (value == NULL || name == NULL)
		return err_set(err, -1, "a part of the form has no name");
	if (f->n == FIELDS_MAX)
		return err_set(err, -1, "more than %d parameters", FIELDS_MAX);
	if (memchr(value, '\0', (size_t)(end - value)) != NULL)
		return err_set(err, -1, "a part of the form holds a NUL");
	*end = '\0';
	f->at[f->n++] = (struct field){ name, value, (size_t)(end - value) };
	return 0;
}

int
fields_multipart(char *s, size_t n, const char *type, struct fields *f, struct err *err)
{
	char mark[BOUNDARY_MAX + 4];
	size_t nmark = delimiter(type, mark);
	char *const end = s + n;
	char *part, *next;

	if (nmark == 0)
		return err_set(err, -1, "the form's Content-Type has no boundary");
	if (n < nmark - 2 || memcmp(s, mark + 2, nmark - 2) != 0)
		return err_set(err, -1, "the form does not begin with its boundary");
	part = s + nmark - 2;
	while (end - part >= 2 && memcmp(part, "\r\n", 2) == 0) {
		/* the CRLF behind a delimiter may be the one before the next: then the part is
		 * empty */
		if ((next = memmem(part + 2, (size_t)(end - part - 2), mark, nmark)) == NULL)
			return err_set(err, -1, "the form does not end");
		if (add_part(part + 2, next, f, err) != 0)
			return -1;
		part = next + nmark;
	}
	if (end - part < 2 || memcmp(part, "--", 2) != 0)
		return err_set(err, -1, "the form does not end");
	return 0;
}
