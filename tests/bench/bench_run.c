/*
 * bench_run.c - building, opening and asking libvec and its peers.
 */

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench_peer.h"
#include "bench_run.h"

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
open_vec(const char *dir, const struct bench_set *s, const struct bench_options *o)
{
	struct vec_options options = { .dim = s->dim, .metric = s->cosine ? VEC_COSINE : VEC_L2,
		.M = o->M, .ef_construction = BENCH_EF_CONSTRUCTION, .seed = 1, .create = true,
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

/*
 * Append all rows and index them with so many threads; the seconds of both.  Of one thread its time on
 * the processor counts, as with the searches.
 */
static double
build_vec(struct vec *v, const struct bench_set *s, int threads)
{
	pthread_t thread[2];
	struct vec_error err;
	double start = threads == 1 ? bench_cpu_all() : bench_now();
	uint32_t first;

	if (vec_append(v, s->rows, s->n, &first, &err) != 0 ||
	    vec_publish(v, (uint32_t)s->n, &err) != 0)
		bench_die("vec_append", err.message);
	for (int i = 0; i < threads; i++)
		pthread_create(&thread[i], NULL, index_all, v);
	for (int i = 0; i < threads; i++)
		pthread_join(thread[i], NULL);
	return (threads == 1 ? bench_cpu_all() : bench_now()) - start;
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
build_with_two(const struct bench_set *s, const struct bench_options *o)
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
time_open(struct bench_run *r, const char *dir, const struct bench_set *s, const struct bench_options *o)
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

void
bench_run_vec(
    struct bench_run *r, const struct bench_set *s, const struct bench_options *o, bool two)
{
	char dir[512];
	struct vec_stats stats;
	struct vec_error err;
	bool made;

	snprintf(r->name, sizeof(r->name), "coolvec%s%s", o->codes ? "-" : "",
	    o->codes ? vec_codes_name(o->codes) : "");
	r->ask = ask_vec;
	if (o->folder)
		snprintf(dir, sizeof(dir), "%s", o->folder);
	else
		snprintf(dir, sizeof(dir), "%s/one-XXXXXX", o->cache);
	made = o->folder ? mkdir(dir, 0700) == 0 : mkdtemp(dir) != NULL;
	if (!made && !o->folder)
		bench_die(dir, strerror(errno));
	if (two)
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
	return peer_new(r->kind, s->dim, s->cosine, s->n, r->M, BENCH_EF_CONSTRUCTION);
}

/* Build with two threads when asked for, then with one; keep that and the times. */
static void
make_peer(struct bench_run *r, const struct bench_set *s, const char *path, bool two)
{
	char times[520];
	double start;
	FILE *f;

	for (int t = two; t >= 0; t--) {
		struct peer *p = new_peer(r, s);

		if (t == 0)
			bench_pin();
		start = t == 0 ? bench_cpu_all() : bench_now();
		peer_build(p, s->rows, s->n, (unsigned)t + 1);
		r->build[t] = (t == 0 ? bench_cpu_all() : bench_now()) - start;
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
bool
bench_run_peer(struct bench_run *r, const char *kind, unsigned M, const struct bench_set *s,
    const struct bench_options *o, bool two)
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
	bench_unpin();
	if (!read_times(r, path) || (two && r->build[1] <= 0))
		make_peer(r, s, path, two);
	bench_pin();
	start = bench_now();
	if (peer_load(r->index, path) != 0 || stat(path, &st) != 0)
		bench_die(path, "cannot be read");
	r->open_ms = (bench_now() - start) * 1e3;
	r->bytes = (double)st.st_size - (double)(s->n * s->dim * sizeof(float));
	return true;
}

void
bench_run_close(struct bench_run *r)
{
	if (r->kind)
		peer_free(r->index);
	else
		vec_close(r->index);
}
