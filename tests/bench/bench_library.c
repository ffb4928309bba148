/*
 * bench_library.c - libvec beside other libraries: build, search, size, opening.
 *
 * All get the same rows in the same order and ef_construction 200, and are asked one query at a
 * time on one pinned thread, k = 10, in passes that take turns; figures are medians.  Of hnswlib
 * with M 16 and 32 the faster at each recall counts.  The indexes of the others, and the seconds
 * they took, are kept in the cache; libvec is always built anew.
 *
 * usage: bench_library -c CACHE [-d DATA] [-p PASSES] [-t TSV] [-g CURVES] [-m M] [-k peers|none]
 *                      [-s fast|small|none] [-1] [-o FOLDER]
 *	-g	writes lines `data library recall qps` for a plot
 *	-m	libvec's M; 0: its default
 *	-s	libvec with these codes alone, not with fast and then with small ones
 *	-1	no build with two threads
 *	-o	keep libvec's collection in FOLDER, or use the one that is there
 */

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"
#include "bench_peer.h"
#include "bench_table.h"
#include "vec.h"

#define EF_CONSTRUCTION 200

struct options {
	const char *cache, *data, *tsv, *curves, *peers, *folder;
	enum vec_codes codes;
	int passes;
	unsigned M;
	bool one_thread, only_one;
};

/* --- libvec ---------------------------------------------------------------------------------- */

static size_t
ask_vec(void *v, const float *q, size_t dim, size_t ef, uint32_t *ids)
{
	struct vec_query query = VEC_QUERY(BENCH_K);
	struct vec_hit hits[BENCH_K];
	struct vec_error err;
	size_t n;

	query.ef = ef;
	if (vec_search(v, q, dim, &query, hits, &n, &err) != 0)
		bench_die("vec_search", err.message);
	for (size_t i = 0; i < n; i++)
		ids[i] = hits[i].slot;
	return n;
}

static struct vec *
open_vec(const char *dir, const struct bench_set *s, const struct options *o)
{
	struct vec_options options = { .dim = s->dim, .metric = s->cosine ? VEC_COSINE : VEC_L2,
		.M = o->M, .ef_construction = EF_CONSTRUCTION, .seed = 1, .create = true,
		.codes = o->codes };
	struct vec_error err;
	struct vec *v;

	if (vec_open(dir, &options, &v, &err) != 0)
		bench_die("vec_open", err.message);
	return v;
}

static void *
index_all(void *v)
{
	struct vec_error err;
	int rc;

	while ((rc = vec_index(v, 100000, &err)) == 1)
		;
	if (rc != 0)
		bench_die("vec_index", err.message);
	return NULL;
}

/* Append all rows and index them with so many threads; the seconds of both. */
static double
build_vec(struct vec *v, const struct bench_set *s, int threads)
{
	pthread_t thread[2];
	struct vec_error err;
	double start = bench_now();
	uint32_t first;

	if (vec_append(v, s->rows, s->n, &first, &err) != 0 ||
	    vec_publish(v, (uint32_t)s->n, &err) != 0)
		bench_die("vec_append", err.message);
	for (int i = 0; i < threads; i++)
		pthread_create(&thread[i], NULL, index_all, v);
	for (int i = 0; i < threads; i++)
		pthread_join(thread[i], NULL);
	return bench_now() - start;
}

static void
remove_folder(const char *dir)
{
	char path[544];

	snprintf(path, sizeof(path), "%s/vectors.bin", dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/hnsw.index", dir);
	unlink(path);
	rmdir(dir);
}

/* No node lost: the census. */
static void
check_vec(struct vec *v, const struct bench_set *s)
{
	struct vec_check_report r;
	struct vec_error err;

	if (vec_check(v, &r, &err) != 0)
		bench_die("vec_check", err.message);
	if (r.unreachable > 0)
		bench_die("vec_check", "nodes are unreachable");
	printf("%s coolvec: %lu nodes, %.1f links a node\n", s->name, (unsigned long)r.nodes,
	    (double)r.links / (double)r.nodes);
}

static double
build_with_two(const struct bench_set *s, const struct options *o)
{
	char dir[512];
	double seconds;
	struct vec *v;

	snprintf(dir, sizeof(dir), "%s/two-XXXXXX", o->cache);
	if (!mkdtemp(dir))
		bench_die(dir, strerror(errno));
	v = open_vec(dir, s, o);
	seconds = build_vec(v, s, 2);
	check_vec(v, s);
	vec_close(v);
	remove_folder(dir);
	return seconds;
}

/* From vec_open to the first answer, the median of five. */
static double
time_open(struct bench_run *r, const char *dir, const struct bench_set *s, const struct options *o)
{
	double ms[5], start;
	uint32_t ids[BENCH_K];

	for (int i = 0; i < 5; i++) {
		vec_close(r->index);
		start = bench_now();
		r->index = open_vec(dir, s, o);
		(void)ask_vec(r->index, s->queries, s->dim, 0, ids);
		ms[i] = (bench_now() - start) * 1e3;
	}
	(void)index_all(r->index);
	return bench_median(ms, 5);
}

static void
prepare_vec(
    struct bench_run *r, const struct bench_set *s, const struct options *o, bool one_thread)
{
	char dir[512];
	struct vec_stats stats;
	struct vec_error err;
	bool made;

	snprintf(
	    r->name, sizeof(r->name), o->codes == VEC_CODES_SMALL ? "coolvec-small" : "coolvec");
	r->ask = ask_vec;
	if (o->folder)
		snprintf(dir, sizeof(dir), "%s", o->folder);
	else
		snprintf(dir, sizeof(dir), "%s/one-XXXXXX", o->cache);
	made = o->folder ? mkdir(dir, 0700) == 0 : mkdtemp(dir) != NULL;
	if (!made && !o->folder)
		bench_die(dir, strerror(errno));
	if (!one_thread)
		r->build[1] = build_with_two(s, o);
	bench_pin();
	r->index = open_vec(dir, s, o);
	if (made) {
		r->build[0] = build_vec(r->index, s, 1);
		check_vec(r->index, s);
		if (vec_checkpoint(r->index, &err) != 0)
			bench_die("vec_checkpoint", err.message);
	}
	r->open_ms = time_open(r, dir, s, o);
	vec_stats(r->index, &stats);
	r->M = stats.M;
	r->bytes = (double)stats.graph_bytes;
	if (!o->folder)
		remove_folder(dir);
}

/* --- the others ------------------------------------------------------------------------------ */

static size_t
ask_peer(void *p, const float *q, size_t dim, size_t ef, uint32_t *ids)
{
	(void)dim;
	return peer_search(p, q, BENCH_K, ef, ids);
}

static struct peer *
new_peer(const struct bench_run *r, const struct bench_set *s)
{
	return peer_new(r->kind, s->dim, s->cosine, s->n, r->M, EF_CONSTRUCTION);
}

/* Build with two threads and then with one, and keep that and the times. */
static void
make_peer(struct bench_run *r, const struct bench_set *s, const char *path)
{
	char times[520];
	double start;
	FILE *f;

	for (int t = 1; t >= 0; t--) {
		struct peer *p = new_peer(r, s);

		if (t == 0)
			bench_pin();
		start = bench_now();
		peer_build(p, s->rows, s->n, (unsigned)t + 1);
		r->build[t] = bench_now() - start;
		bench_unpin();
		if (t == 0 && peer_save(p, path) != 0)
			bench_die(path, "cannot be written");
		peer_free(p);
	}
	snprintf(times, sizeof(times), "%s.times", path);
	if (!(f = fopen(times, "w")) || fprintf(f, "%f %f\n", r->build[0], r->build[1]) < 0)
		bench_die(times, "cannot be written");
	fclose(f);
}

static bool
read_times(struct bench_run *r, const char *path)
{
	char times[520];
	FILE *f;
	bool ok;

	snprintf(times, sizeof(times), "%s.times", path);
	if (!(f = fopen(times, "r")))
		return false;
	ok = fscanf(f, "%lf %lf", &r->build[0], &r->build[1]) == 2;
	fclose(f);
	return ok;
}

/* False: this kind is not there. */
static bool
prepare_peer(struct bench_run *r, const char *kind, unsigned M, const struct bench_set *s,
    const struct options *o)
{
	char path[512];
	struct stat st;
	double start;

	r->kind = kind;
	r->M = M;
	r->ask = ask_peer;
	snprintf(r->name, sizeof(r->name), "%s M=%u", kind, M);
	snprintf(path, sizeof(path), "%s/%s.%s.%u", o->cache, s->name, kind, M);
	if (!(r->index = new_peer(r, s)))
		return false;
	if (!read_times(r, path))
		make_peer(r, s, path);
	bench_pin();
	start = bench_now();
	if (peer_load(r->index, path) != 0 || stat(path, &st) != 0)
		bench_die(path, "cannot be read");
	r->open_ms = (bench_now() - start) * 1e3;
	r->bytes = (double)st.st_size - (double)(s->n * s->dim * sizeof(float));
	return true;
}

static void
measure(const char *name, bool cosine, const struct options *o, FILE *tsv, FILE *curves)
{
	static const struct { const char *kind; unsigned M; } peers[] = { { "hnswlib", 16 },
		{ "hnswlib", 32 }, { "faiss", 16 }, { "faiss", 32 } };
	struct bench_run runs[BENCH_RUNS] = { 0 };
	struct bench_set s;
	int n = 0;

	bench_set_load(&s, o->cache, name, cosine);
	prepare_vec(&runs[n++], &s, o, o->one_thread);
	if (!o->only_one) {
		struct options small = *o;

		small.codes = VEC_CODES_SMALL;
		bench_unpin();
		prepare_vec(&runs[n++], &s, &small, true);
	}
	for (size_t i = 0; i < sizeof(peers) / sizeof(peers[0]); i++) {
		if (o->peers && !strstr(o->peers, peers[i].kind))
			continue;
		bench_unpin();
		if (prepare_peer(&runs[n], peers[i].kind, peers[i].M, &s, o))
			n++;
	}
	bench_pin();
	for (int i = 0; i < n; i++)
		bench_curve_init(&runs[i].curve, &s, runs[i].index, runs[i].ask);
	for (int pass = 0; pass < o->passes; pass++) {
		for (int i = 0; i < n; i++)
			bench_curve_pass(&runs[i].curve, pass, &s, runs[i].index, runs[i].ask);
	}
	bench_unpin();
	bench_table_print(runs, n, s.name, o->passes);
	bench_table_tsv(tsv, "coolvec", runs, n, s.name, o->passes);
	bench_table_tsv(tsv, "coolvec-small", runs, n, s.name, o->passes);
	bench_table_tsv(tsv, "hnswlib", runs, n, s.name, o->passes);
	bench_table_tsv(tsv, "faiss", runs, n, s.name, o->passes);
	bench_table_curves(curves, runs, n, s.name, o->passes);
	for (int i = 0; i < n; i++) {
		if (runs[i].kind)
			peer_free(runs[i].index);
		else
			vec_close(runs[i].index);
	}
	bench_set_free(&s);
}

static enum vec_codes
parse_codes(const char *name)
{
	if (strcmp(name, "small") == 0)
		return VEC_CODES_SMALL;
	return strcmp(name, "none") == 0 ? VEC_CODES_NONE : VEC_CODES_FAST;
}

static void
parse(int argc, char **argv, struct options *o)
{
	int c;

	*o = (struct options){ .passes = 3 };
	while ((c = getopt(argc, argv, "c:d:p:t:g:m:k:s:o:1")) != -1) {
		switch (c) {
		case 'c': o->cache = optarg; break;
		case 'd': o->data = optarg; break;
		case 'p': o->passes = atoi(optarg); break;
		case 't': o->tsv = optarg; break;
		case 'g': o->curves = optarg; break;
		case 'm': o->M = (unsigned)atoi(optarg); break;
		case 'k': o->peers = optarg; break;
		case 's': o->codes = parse_codes(optarg); o->only_one = true; break;
		case 'o': o->folder = optarg; o->only_one = true; break;
		case '1': o->one_thread = true; break;
		default: bench_die("usage", "see the head of bench_library.c");
		}
	}
	if (!o->cache || o->passes < 1 || o->passes > BENCH_PASSES)
		bench_die("usage", "bench_library -c CACHE, 1 to 9 passes");
}

int
main(int argc, char **argv)
{
	static const struct { const char *name; bool cosine; } sets[] = { { "glove", true },
		{ "mnist", false } };
	FILE *tsv = NULL, *curves = NULL;
	struct options o;

	setvbuf(stdout, NULL, _IOLBF, 0);
	parse(argc, argv, &o);
	if ((o.tsv && !(tsv = fopen(o.tsv, "w"))) || (o.curves && !(curves = fopen(o.curves, "w"))))
		bench_die("output", strerror(errno));
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		if (!o.data || strcmp(o.data, sets[i].name) == 0)
			measure(sets[i].name, sets[i].cosine, &o, tsv, curves);
	}
	if (tsv)
		fclose(tsv);
	if (curves)
		fclose(curves);
	return 0;
}
