/*
 * bench_convert.c - from what npm's packages hold to plain files: count u32, components u32,
 * floats.
 *
 * usage: bench_convert mnist COUNT ROWS < idx3-ubyte	the first COUNT images
 *        bench_convert glove COUNT ROWS QUERIES < json	unit vectors; COUNT, evenly spread, are
 * queries
 *
 * A file takes its name when it is whole.
 */

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIM_GLOVE 100
#define WORDS_GLOVE 341479
#define DIM_MNIST 784

struct out {
	FILE *f;
	char name[256], part[264];
	uint32_t n, dim;
};

static void
die(const char *what)
{
	fprintf(stderr, "bench_convert: %s\n", what);
	exit(2);
}

static void
out_open(struct out *o, const char *name, uint32_t dim)
{
	static const uint32_t none[2];

	snprintf(o->name, sizeof(o->name), "%s", name);
	snprintf(o->part, sizeof(o->part), "%s.part", name);
	o->dim = dim;
	o->n = 0;
	if (!(o->f = fopen(o->part, "wb")) || fwrite(none, sizeof(none), 1, o->f) != 1)
		die(name);
}

static void
out_put(struct out *o, const float *x)
{
	if (fwrite(x, sizeof(*x), o->dim, o->f) != o->dim)
		die(o->name);
	o->n++;
}

static void
out_close(struct out *o)
{
	uint32_t head[2] = { o->n, o->dim };

	if (fseek(o->f, 0, SEEK_SET) != 0 || fwrite(head, sizeof(head), 1, o->f) != 1 ||
	    fclose(o->f) != 0 || rename(o->part, o->name) != 0)
		die(o->name);
}

static void
mnist(uint32_t count, const char *name)
{
	unsigned char head[16], image[DIM_MNIST];
	float x[DIM_MNIST];
	struct out o;

	if (fread(head, sizeof(head), 1, stdin) != 1 || head[2] != 8 || head[3] != 3)
		die("not an idx3-ubyte file");
	out_open(&o, name, DIM_MNIST);
	while (o.n < count) {
		if (fread(image, sizeof(image), 1, stdin) != 1)
			die("too few images");
		for (size_t i = 0; i < DIM_MNIST; i++)
			x[i] = image[i];
		out_put(&o, x);
	}
	/* Let the writer of the pipe end well. */
	while (fread(image, 1, sizeof(image), stdin) > 0)
		;
	out_close(&o);
}

static char *
read_all(void)
{
	size_t n = 0, room = 400u << 20, got;
	char *text = malloc(room);

	if (!text)
		die("no memory");
	while ((got = fread(text + n, 1, room - n - 1, stdin)) > 0)
		n += got;
	text[n] = '\0';
	return text;
}

static void
normalise(float *x, size_t dim)
{
	double sum = 0;

	for (size_t i = 0; i < dim; i++)
		sum += (double)x[i] * (double)x[i];
	for (size_t i = 0; i < dim && sum > 0; i++)
		x[i] = (float)((double)x[i] / sqrt(sum));
}

/* "word":[100 numbers,norm,place],...  No word's text contains "\":[". */
static void
glove(uint32_t nqueries, const char *rows_name, const char *queries_name)
{
	char *text = read_all(), *p = strstr(text, "\"vectors\":{");
	struct out rows, queries;
	float x[DIM_GLOVE];

	if (!p)
		die("no vectors in the file");
	out_open(&rows, rows_name, DIM_GLOVE);
	out_open(&queries, queries_name, DIM_GLOVE);
	for (uint32_t i = 0; i < WORDS_GLOVE; i++) {
		if (!(p = strstr(p, "\":[")))
			die("too few words");
		p += 3;
		for (size_t j = 0; j < DIM_GLOVE; j++)
			x[j] = strtof(p, &p), p++;
		normalise(x, DIM_GLOVE);
		if ((uint64_t)queries.n * WORDS_GLOVE / nqueries == i && queries.n < nqueries)
			out_put(&queries, x);
		else
			out_put(&rows, x);
	}
	out_close(&rows);
	out_close(&queries);
	free(text);
}

int
main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "mnist") == 0)
		mnist((uint32_t)atoi(argv[2]), argv[3]);
	else if (argc == 5 && strcmp(argv[1], "glove") == 0)
		glove((uint32_t)atoi(argv[2]), argv[3], argv[4]);
	else
		die("usage: bench_convert mnist COUNT ROWS | glove COUNT ROWS QUERIES");
	return 0;
}
