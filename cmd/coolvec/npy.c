/*
 * npy.c - a reader of the one dict that is expected, and no more Python than that.
 */

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "npy.h"
#include "wire.h"

#define MAGIC "\x93NUMPY"
#define MAGIC_SIZE ((size_t)6)

int
npy_size(const char *prefix, size_t *prefix_size, size_t *total, struct err *err)
{
	const unsigned char *p = (const unsigned char *)prefix;
	uint32_t n;

	if (memcmp(p, MAGIC, MAGIC_SIZE) != 0)
		return err_set(err, EXIT_MISMATCH, "not an npy file");
	n = p[8] | (uint32_t)p[9] << 8;
	*prefix_size = MAGIC_SIZE + 4;
	if (p[6] == 2) {
		n |= (uint32_t)p[10] << 16 | (uint32_t)p[11] << 24;
		*prefix_size += 2;
	} else if (p[6] != 1) {
		return err_set(err, EXIT_MISMATCH,
		    "an npy file of version %d.%d, where 1.0 and 2.0 can be read", p[6], p[7]);
	}
	if (n < 2 || n > NPY_HEADER_MAX)
		return err_set(
		    err, EXIT_MISMATCH, "an npy file with a header of %" PRIu32 " bytes", n);
	*total = *prefix_size + n;
	return 0;
}

/* --- the dict --------------------------------------------------------------------------------- */

struct text {
	const char *p;
	const char *end;
};

static void
skip_blanks(struct text *t)
{
	while (t->p < t->end && (*t->p == ' ' || *t->p == '\t' || *t->p == '\r' || *t->p == '\n'))
		t->p++;
}

static bool
take(struct text *t, char c)
{
	skip_blanks(t);
	if (t->p == t->end || *t->p != c)
		return false;
	t->p++;
	return true;
}

/* A string without escapes. */
static bool
take_string(struct text *t, char *out, size_t n)
{
	size_t len = 0;
	char quote;

	if (take(t, '\''))
		quote = '\'';
	else if (take(t, '"'))
		quote = '"';
	else
		return false;
	while (t->p < t->end && *t->p != quote) {
		if (len + 1 >= n || *t->p == '\\' || (unsigned char)*t->p < ' ')
			return false;
		out[len++] = *t->p++;
	}
	out[len] = '\0';
	return take(t, quote);
}

static bool
take_word(struct text *t, const char *word)
{
	size_t n = strlen(word);

	skip_blanks(t);
	if ((size_t)(t->end - t->p) < n || memcmp(t->p, word, n) != 0)
		return false;
	t->p += n;
	return true;
}

static bool
take_number(struct text *t, uint64_t *out)
{
	const char *begin;

	skip_blanks(t);
	begin = t->p;
	for (*out = 0; t->p < t->end && *t->p >= '0' && *t->p <= '9'; t->p++)
		if (__builtin_mul_overflow(*out, 10, out) ||
		    __builtin_add_overflow(*out, (uint64_t)(*t->p - '0'), out))
			return false;
	return t->p > begin;
}

/* (3,) or (3, 4) or more; *n of them, the first two in `shape`. */
static bool
take_shape(struct text *t, uint64_t shape[2], size_t *n)
{
	uint64_t number;

	if (!take(t, '('))
		return false;
	for (*n = 0; !take(t, ')'); (*n)++) {
		if (!take_number(t, &number))
			return false;
		if (*n < 2)
			shape[*n] = number;
		if (!take(t, ',')) {
			(*n)++;
			return take(t, ')');
		}
	}
	return true;
}

struct dict {
	char descr[32];
	bool fortran;
	bool has_descr, has_order, has_shape;
	uint64_t shape[2];
	size_t dims;
};

static bool
take_member(struct text *t, struct dict *d)
{
	char name[32];

	if (!take_string(t, name, sizeof(name)) || !take(t, ':'))
		return false;
	if (strcmp(name, "descr") == 0)
		return d->has_descr = take_string(t, d->descr, sizeof(d->descr));
	if (strcmp(name, "shape") == 0)
		return d->has_shape = take_shape(t, d->shape, &d->dims);
	if (strcmp(name, "fortran_order") != 0)
		return false;
	d->fortran = take_word(t, "True");
	return d->has_order = d->fortran || take_word(t, "False");
}

static bool
take_dict(struct text *t, struct dict *d)
{
	if (!take(t, '{'))
		return false;
	while (!take(t, '}')) {
		if (!take_member(t, d))
			return false;
		if (!take(t, ','))
			return take(t, '}');
	}
	return true;
}

int
npy_parse(const char *text, size_t n, struct npy *npy, struct err *err)
{
	struct text t = { text, text + n };
	struct dict d = { .fortran = false };

	if (!take_dict(&t, &d) || (skip_blanks(&t), t.p != t.end) || !d.has_descr ||
	    !d.has_order || !d.has_shape)
		return err_set(err, EXIT_MISMATCH, "its npy header is not of a plain array");
	if (strcmp(d.descr, "<f4") != 0)
		return err_set(err, EXIT_MISMATCH,
		    "an array of %s, where <f4 (little-endian float32) is needed", d.descr);
	if (d.fortran)
		return err_set(err, EXIT_MISMATCH,
		    "an array in Fortran order, where C order is needed");
	if (d.dims != 2)
		return err_set(err, EXIT_MISMATCH,
		    "an array of %zu dimensions, where rows and columns are needed", d.dims);
	npy->rows = d.shape[0];
	npy->dim = d.shape[1];
	return 0;
}

void
npy_write(const struct npy *npy, char out[NPY_WRITTEN])
{
	const size_t prefix = MAGIC_SIZE + 4;
	int n;

	memset(out, ' ', NPY_WRITTEN);
	memcpy(out, MAGIC "\x01\x00", MAGIC_SIZE + 2);
	out[8] = (char)(NPY_WRITTEN - prefix);
	out[9] = 0;
	n = snprintf(out + prefix, NPY_WRITTEN - prefix,
	    "{'descr': '<f4', 'fortran_order': False, 'shape': (%" PRIu64 ", %" PRIu64 "), }",
	    npy->rows, npy->dim);
	out[prefix + (size_t)n] = ' ';
	out[NPY_WRITTEN - 1] = '\n';
}
