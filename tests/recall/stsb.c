/*
 * stsb.c - how well the local embedder's cosine follows human judgement.
 *
 *	stsb FILE [DIM]
 *
 * FILE has lines of `sentence,sentence,score`, quoted as CSV is, such as the English STS
 * benchmark's development part.  Prints Spearman's rank correlation between the cosine of each pair
 * and its score.  Exit: 0 at least 0.75, 1 less, 2 a line that cannot be read, 77 no such file.
 */

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "embed.h"

#define GOAL 0.75

struct ranked {
	double value;
	size_t at;
};

struct pairs {
	double *cosine, *score;
	size_t n, room;
};

/*
 * Take one field off `*p`, unquoted in place, and move `*p` behind its comma or to the line's end.
 * NULL if a quote is not closed.
 */
static char *
csv_field(char **p)
{
	char *s = *p, *field = *p, *to = *p;

	if (*s == '"') {
		for (s++; *s != '"' || s[1] == '"'; s++) {
			if (*s == '\0')
				return NULL;
			if (*s == '"')
				s++;
			*to++ = *s;
		}
		s++;
	} else {
		while (*s != '\0' && *s != ',')
			*to++ = *s++;
	}
	*p = *s == ',' ? s + 1 : s;
	*to = '\0';
	return field;
}

static double
cosine(const float *v, size_t dim)
{
	double sum = 0;

	for (size_t i = 0; i < dim; i++)
		sum += (double)v[i] * (double)v[dim + i];
	return sum;
}

static int
pairs_put(struct pairs *ps, double cos, double score)
{
	if (ps->n == ps->room) {
		size_t room = ps->room * 2 + 1024;
		double *c = realloc(ps->cosine, room * sizeof(*c));
		double *s = NULL;

		if (c != NULL) {
			ps->cosine = c;
			s = realloc(ps->score, room * sizeof(*s));
		}
		if (s == NULL)
			return -1;
		ps->score = s;
		ps->room = room;
	}
	ps->cosine[ps->n] = cos;
	ps->score[ps->n++] = score;
	return 0;
}

static int
line_read(struct pairs *ps, const struct embedder *e, char *line)
{
	float v[2 * EMBED_LOCAL_DIM_MAX];
	struct embed_text texts[2];
	char *a, *b, *score, *end;
	struct err err = { 0 };
	size_t bad;
	double value;

	line[strcspn(line, "\r\n")] = '\0';
	if ((a = csv_field(&line)) == NULL || (b = csv_field(&line)) == NULL ||
	    (score = csv_field(&line)) == NULL)
		return -1;
	value = strtod(score, &end);
	if (end == score || *end != '\0')
		return -1;
	texts[0] = (struct embed_text){ a, strlen(a) };
	texts[1] = (struct embed_text){ b, strlen(b) };
	if (embedder_embed(e, texts, 2, v, &bad, &err) != 0) {
		fprintf(stderr, "stsb: %s\n", err.text);
		return -1;
	}
	return pairs_put(ps, cosine(v, embedder_identity(e)->dim), value);
}

static int
ranked_cmp(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	return (x->value > y->value) - (x->value < y->value);
}

/* Replace values by their ranks; equal values share the mean of theirs. */
static int
ranks_of(double *v, size_t n)
{
	struct ranked *r = calloc(n + 1, sizeof(*r));
	size_t last;

	if (r == NULL)
		return -1;
	for (size_t i = 0; i < n; i++)
		r[i] = (struct ranked){ v[i], i };
	qsort(r, n, sizeof(*r), ranked_cmp);
	for (size_t i = 0; i < n; i = last) {
		for (last = i + 1; last < n && r[last].value == r[i].value; last++)
			;
		for (size_t k = i; k < last; k++)
			v[r[k].at] = (double)(i + last - 1) / 2;
	}
	free(r);
	return 0;
}

static double
spearman(const struct pairs *ps)
{
	double mean = (double)(ps->n - 1) / 2, xy = 0, xx = 0, yy = 0;

	for (size_t i = 0; i < ps->n; i++) {
		double x = ps->cosine[i] - mean, y = ps->score[i] - mean;

		xy += x * y;
		xx += x * x;
		yy += y * y;
	}
	return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : 0;
}

static int
measure(FILE *f, const struct embedder *e)
{
	struct pairs ps = { 0 };
	char *line = NULL;
	size_t room = 0, no = 0;
	double rho;
	int rc = 2;

	while (getline(&line, &room, f) != -1) {
		no++;
		if (line_read(&ps, e, line) != 0) {
			fprintf(stderr, "stsb: line %zu cannot be used\n", no);
			goto out;
		}
	}
	if (ps.n < 2 || ranks_of(ps.cosine, ps.n) != 0 || ranks_of(ps.score, ps.n) != 0)
		goto out;
	rho = spearman(&ps);
	printf("spearman %.4f over %zu pairs at %u dimensions, goal %.2f\n", rho, ps.n,
	    embedder_identity(e)->dim, GOAL);
	rc = rho >= GOAL ? 0 : 1;
out:
	free(ps.cosine);
	free(ps.score);
	free(line);
	return rc;
}

int
main(int argc, char **argv)
{
	struct embed_config c = { .provider = "local" };
	struct embedder *e = NULL;
	struct err err = { 0 };
	FILE *f;
	int rc;

	if (argc < 2 || argc > 3) {
		fprintf(stderr, "usage: stsb FILE [DIM]\n");
		return 2;
	}
	if ((f = fopen(argv[1], "r")) == NULL) {
		printf("stsb: skipped: %s: %s\n", argv[1], strerror(errno));
		return 77;
	}
	c.dim = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
	if (embedder_open(&c, &e, &err) != 0) {
		fprintf(stderr, "stsb: %s\n", err.text);
		rc = 2;
		goto out;
	}
	rc = measure(f, e);
out:
	embedder_close(e);
	fclose(f);
	return rc;
}
