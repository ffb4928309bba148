/*
 * bench_query.c - a few queries to a collection that is there, for a tool that counts instructions.
 *
 * usage: bench_query CACHE DATA CODES FOLDER EF QUERIES	(instructions.sh runs it under callgrind)
 *
 * FOLDER is what `bench_library -o FOLDER` kept of DATA, glove or mnist.  The index is read and QUERIES of its
 * queries are asked twice: the second time inside counted(), the one function whose instructions are to be counted,
 * when scratch memory is there and nothing is done for the first time.  Prints the recall@10 of them.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "vec.h"

struct asked {
	struct vec *v;
	const struct bench_set *s;
	struct vec_query q;
	size_t n;
	struct vec_hit *hits;	/* BENCH_K for each query */
};

/* The queries lie evenly among those of the set. */
static size_t
place(const struct asked *a, size_t i)
{
	return i * a->s->nqueries / a->n;
}

static void
ask_all(struct asked *a)
{
	struct vec_error err;
	size_t n;

	for (size_t i = 0; i < a->n; i++) {
		if (vec_search(a->v, a->s->queries + place(a, i) * a->s->dim, a->s->dim, &a->q,
		        a->hits + i * BENCH_K, &n, &err) != 0 || n != BENCH_K)
			bench_die("vec_search", err.message);
	}
}

/* What callgrind counts is what runs in here. */
__attribute__((noinline, noclone)) static void
counted(struct asked *a)
{
	ask_all(a);
}

static double
recall(const struct asked *a)
{
	size_t right = 0;

	for (size_t i = 0; i < a->n * BENCH_K; i++) {
		const uint32_t *truth = a->s->truth + place(a, i / BENCH_K) * BENCH_K;

		for (size_t j = 0; j < BENCH_K; j++)
			right += truth[j] == a->hits[i].slot;
	}
	return (double)right / (double)(a->n * BENCH_K);
}

int
main(int argc, char **argv)
{
	struct bench_set s;
	struct asked a = { .s = &s, .q = VEC_QUERY(BENCH_K) };
	struct vec_options options = { .seed = 1 };
	struct vec_error err;
	struct vec_stats st;
	int rc;

	if (argc != 7)
		bench_die("usage", "bench_query CACHE DATA CODES FOLDER EF QUERIES");
	bench_set_load(&s, argv[1], argv[2], strcmp(argv[2], "mnist") != 0);
	options.dim = s.dim;
	options.metric = s.cosine ? VEC_COSINE : VEC_L2;
	options.codes = (enum vec_codes)vec_codes_parse(argv[3]);
	a.q.ef = (size_t)atoi(argv[5]);
	a.n = (size_t)atoi(argv[6]);
	if (a.n < 1 || a.n > s.nqueries || !(a.hits = calloc(a.n, BENCH_K * sizeof(*a.hits))))
		bench_die("usage", "too many queries");
	if (vec_open(argv[4], &options, &a.v, &err) != 0)
		bench_die("vec_open", err.message);
	while ((rc = vec_index(a.v, 100000, &err)) == 1)
		;
	vec_stats(a.v, &st);
	if (rc != 0 || st.tail != 0 || st.index_note[0] != '\0')
		bench_die("the index", rc != 0 ? err.message : st.index_note);
	ask_all(&a);
	counted(&a);
	printf("%s: %zu queries, ef %zu, %s, codes %s, M %u: recall@10 %.4f\n", argv[2], a.n, a.q.ef,
	    st.isa, vec_codes_name(st.codes), (unsigned)st.M, recall(&a));
	vec_close(a.v);
	free(a.hits);
	bench_set_free(&s);
	return 0;
}
