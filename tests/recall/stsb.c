/*
 * stsb.c - how well an embedder's cosine follows human judgement.
 *
 *	stsb FILE [DIM]			the local embedder
 *	stsb FILE DIM FOLDER NAME	words, with the table FOLDER/words/NAME.words
 *
 * FILE has lines of `sentence,sentence,score`, quoted as CSV is, such as the English STS
 * benchmark's development part; DIM 0 is the embedder's own.  Prints Spearman's rank correlation
 * between the cosine of each pair and its score.  Of words also how much of it is the words alone and
 * the features alone, and what the share between them is worth that fits the odd lines best on the
 * even ones, and the other way round.
 *
 * Exit: 0 at least 0.75 (local) or 0.80 (words), 1 less, 2 a line that cannot be read, 77 no such
 * file or table.
 */

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "embed.h"
#include "words_table.h"

#define GOAL_LOCAL 0.75
#define GOAL_WORDS 0.80

struct ranked {
	double value;
	size_t at;
};

struct pairs {
	size_t dim;		/* components of a vector, of which `words` come from words */
	size_t words;
	double *head, *tail;	/* what they and the others add to the cosine */
	double *score;
	size_t n, room;
};

enum lines { ALL, ODD, EVEN };

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
product(const float *v, size_t dim, size_t from, size_t to)
{
	double sum = 0;

	for (size_t i = from; i < to; i++)
		sum += (double)v[i] * (double)v[dim + i];
	return sum;
}

static int
pairs_grow(struct pairs *ps)
{
	double **columns[] = { &ps->head, &ps->tail, &ps->score };
	size_t room = ps->room * 2 + 1024;

	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		double *p = realloc(*columns[i], room * sizeof(*p));

		if (p == NULL)
			return -1;
		*columns[i] = p;
	}
	ps->room = room;
	return 0;
}

static int
pairs_put(struct pairs *ps, const float *v, double score)
{
	if (ps->n == ps->room && pairs_grow(ps) != 0)
		return -1;
	ps->head[ps->n] = product(v, ps->dim, 0, ps->words);
	ps->tail[ps->n] = product(v, ps->dim, ps->words, ps->dim);
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
	return pairs_put(ps, v, value);
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
correlation(const double *x, const double *y, size_t n)
{
	double mean = (double)(n - 1) / 2, xy = 0, xx = 0, yy = 0;

	for (size_t i = 0; i < n; i++) {
		xy += (x[i] - mean) * (y[i] - mean);
		xx += (x[i] - mean) * (x[i] - mean);
		yy += (y[i] - mean) * (y[i] - mean);
	}
	return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : 0;
}

/* Spearman's correlation over some of the lines, with weights on the two parts of the cosine. */
static double
spearman(const struct pairs *ps, enum lines lines, double head, double tail)
{
	double *x = calloc(2 * ps->n + 1, sizeof(*x)), *y = x + ps->n, rho = 0;
	size_t n = 0;

	if (x == NULL)
		return 0;
	for (size_t i = lines == EVEN ? 1 : 0; i < ps->n; i += lines == ALL ? 1 : 2) {
		x[n] = head * ps->head[i] + tail * ps->tail[i];
		y[n++] = ps->score[i];
	}
	if (ranks_of(x, n) == 0 && ranks_of(y, n) == 0)
		rho = correlation(x, y, n);
	free(x);
	return rho;
}

/* Fit the weight of the words to some lines, in steps of a 20th, and try it on the others. */
static void
hold_out(const struct pairs *ps, enum lines fit, enum lines other, const char *name)
{
	double best = -1, at = 0;

	for (int i = 0; i <= 40; i++) {
		double rho = spearman(ps, fit, i / 20.0, 1);

		if (rho > best) {
			best = rho;
			at = i / 20.0;
		}
	}
	printf("words times %.2f fit the %s lines best, %.4f, and give the others %.4f\n", at, name, best,
	    spearman(ps, other, at, 1));
}

static int
measure(FILE *f, const struct embedder *e, size_t words)
{
	struct pairs ps = { .dim = embedder_identity(e)->dim, .words = words };
	double rho, goal = words > 0 ? GOAL_WORDS : GOAL_LOCAL;
	char *line = NULL;
	size_t room = 0, no = 0;
	int rc = 2;

	while (getline(&line, &room, f) != -1) {
		no++;
		if (line_read(&ps, e, line) != 0) {
			fprintf(stderr, "stsb: line %zu cannot be used\n", no);
			goto out;
		}
	}
	if (ps.n < 4)
		goto out;
	rho = spearman(&ps, ALL, 1, 1);
	printf("spearman %.4f over %zu pairs at %zu dimensions, goal %.2f\n", rho, ps.n, ps.dim, goal);
	if (words > 0) {
		printf("words alone %.4f, features alone %.4f\n", spearman(&ps, ALL, 1, 0),
		    spearman(&ps, ALL, 0, 1));
		hold_out(&ps, ODD, EVEN, "odd");
		hold_out(&ps, EVEN, ODD, "even");
	}
	rc = rho >= goal ? 0 : 1;
out:
	free(ps.head);
	free(ps.tail);
	free(ps.score);
	free(line);
	return rc;
}

/* How many components the table has.  0: there is no such table. */
static size_t
table_dim(const char *folder, const char *name)
{
	struct words_table *t = NULL;
	struct err err = { 0 };
	char path[4096];
	size_t dim = 0;

	if (words_path(folder, name, path, sizeof(path), &err) == 0 &&
	    words_table_open(path, &t, &err) == 0)
		dim = t->dim;
	else
		printf("stsb: skipped: %s\n", err.text);
	words_table_close(t);
	return dim;
}

int
main(int argc, char **argv)
{
	struct embed_config c = { .provider = "local" };
	struct embedder *e = NULL;
	struct err err = { 0 };
	size_t words = 0;
	FILE *f;
	int rc;

	if (argc != 2 && argc != 3 && argc != 5) {
		fprintf(stderr, "usage: stsb FILE [DIM [FOLDER NAME]]\n");
		return 2;
	}
	if ((f = fopen(argv[1], "r")) == NULL) {
		printf("stsb: skipped: %s: %s\n", argv[1], strerror(errno));
		return 77;
	}
	c.dim = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	if (argc == 5) {
		c.provider = "words";
		c.folder = argv[3];
		c.model = argv[4];
		rc = 77;
		if ((words = table_dim(argv[3], argv[4])) == 0)
			goto out;
	}
	if (embedder_open(&c, &e, &err) != 0) {
		fprintf(stderr, "stsb: %s\n", err.text);
		rc = 2;
		goto out;
	}
	rc = measure(f, e, words);
out:
	embedder_close(e);
	fclose(f);
	return rc;
}
