/*
 * words_read.c - lines to words and numbers.
 */

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "embed.h"
#include "num.h"
#include "words_read.h"

#define LINE_MAX_BYTES ((size_t)1 << 20) /* a longer line is no word and 1024 numbers */
#define NUMBER_MAX 1e6f		/* no training gives more, and squares stay far from overflow */

void
words_reader_init(struct words_reader *r, FILE *f, const char *what)
{
	memset(r, 0, sizeof(*r));
	r->f = f;
	r->what = what;
}

void
words_reader_fini(struct words_reader *r)
{
	free(r->line);
	r->line = NULL;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Where the last field of the first *len bytes begins; *len becomes its end.  *len 0: there is none. */
static size_t
last_field(const char *s, size_t *len)
{
	size_t at;

	while (*len > 0 && is_blank(s[*len - 1]))
		(*len)--;
	for (at = *len; at > 0 && !is_blank(s[at - 1]); at--)
		;
	return at;
}

/* A decimal number that is all of s[at..end). */
static bool
number(const char *s, size_t at, size_t end, float *x)
{
	char *stop;

	/* hexadecimal, "inf" and "nan" are strtof's, not the format's */
	for (size_t i = at; i < end; i++)
		if ((s[i] < '0' || s[i] > '9') && strchr("+-.eE", s[i]) == NULL)
			return false;
	*x = strtof(s + at, &stop);
	return stop == s + end && fabsf(*x) <= NUMBER_MAX;
}

static size_t
fields(const char *s, size_t len)
{
	size_t n = 0, at;

	for (;; n++) {
		at = last_field(s, &len);
		if (len == 0)
			return n;
		len = at;
	}
}

/* Read a line that is not empty, without its end.  1, 0 at the end, or EMBED_EINVAL. */
static int
line_next(struct words_reader *r, size_t *len, struct err *err)
{
	ssize_t got;

	do {
		errno = 0;
		if ((got = getline(&r->line, &r->room, r->f)) < 0) {
			if (feof(r->f) && !ferror(r->f))
				return 0;
			return err_sys(err, EMBED_EINVAL, errno, "cannot read %s", r->what);
		}
		r->line_no++;
		if ((size_t)got > LINE_MAX_BYTES)
			return err_set(err, EMBED_EINVAL, "%s, line %llu: %zu bytes are no word and its"
			    " numbers", r->what, (unsigned long long)r->line_no, (size_t)got);
		while (got > 0 && (r->line[got - 1] == '\n' || r->line[got - 1] == '\r'))
			got--;
		r->line[got] = '\0';
		*len = (size_t)got;
	} while (fields(r->line, *len) == 0);
	return 1;
}

/* Is it "count dim"?  Then both are kept. */
static bool
take_header(struct words_reader *r, size_t len)
{
	char text[64], *count, *width, *rest;
	uint64_t dim;

	if (fields(r->line, len) != 2 || len >= sizeof(text))
		return false;
	memcpy(text, r->line, len + 1);
	count = strtok_r(text, " \t", &rest);
	width = strtok_r(NULL, " \t", &rest);
	if (count == NULL || width == NULL || !num_parse(count, 1, UINT32_MAX, &r->promised) ||
	    !num_parse(width, WORDS_DIM_MIN, WORDS_DIM_MAX, &dim)) {
		r->promised = 0;
		return false;
	}
	r->dim = (uint32_t)dim;
	return true;
}

/* The first line says how many numbers there are, in one way or the other.  0, or EMBED_EINVAL. */
static int
take_first(struct words_reader *r, size_t len, bool *header, struct err *err)
{
	size_t n = fields(r->line, len);

	*header = take_header(r, len);
	if (*header)
		return 0;
	if (n < WORDS_DIM_MIN + 1 || n > WORDS_DIM_MAX + 1)
		return err_set(err, EMBED_EINVAL, "%s, line %llu: neither \"count dim\" nor a word and %d to"
		    " %d numbers", r->what, (unsigned long long)r->line_no, WORDS_DIM_MIN,
		    WORDS_DIM_MAX);
	r->dim = (uint32_t)(n - 1);
	return 0;
}

static int
take_word(struct words_reader *r, size_t len, struct err *err)
{
	unsigned long long line_no = r->line_no;

	for (uint32_t i = r->dim; i > 0; i--) {
		size_t at = last_field(r->line, &len);

		if (len == 0)
			return err_set(err, EMBED_EINVAL, "%s, line %llu: %u numbers, not %u", r->what,
			    line_no, (unsigned)(r->dim - i), (unsigned)r->dim);
		if (!number(r->line, at, len, &r->x[i - 1]))
			return err_set(err, EMBED_EINVAL, "%s, line %llu: number %u of %u is none, or too"
			    " large", r->what, line_no, (unsigned)i, (unsigned)r->dim);
		len = at;
	}
	while (len > 0 && is_blank(r->line[len - 1]))
		len--;
	r->word = r->line;
	r->len = len;
	if (++r->n > UINT32_MAX)
		return err_set(err, EMBED_EINVAL, "%s has more than %u words", r->what, UINT32_MAX);
	return 1;
}

int
words_reader_next(struct words_reader *r, struct err *err)
{
	bool header = false;
	size_t len = 0;
	int rc;

	if ((rc = line_next(r, &len, err)) == 1 && r->dim == 0) {
		if ((rc = take_first(r, len, &header, err)) != 0)
			return rc;
		rc = header ? line_next(r, &len, err) : 1;
	}
	if (rc == 1)
		return take_word(r, len, err);
	if (rc == 0 && r->promised != 0 && r->n != r->promised)
		return err_set(err, EMBED_EINVAL, "%s has %llu words, and its first line says %llu: is it"
		    " whole?", r->what, (unsigned long long)r->n, (unsigned long long)r->promised);
	return rc;
}
