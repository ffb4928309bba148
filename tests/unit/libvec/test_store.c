/*
 * test_store.c - vectors.bin: its bytes, its growth, and what is refused.
 */

#include "fixture.h"

#include <inttypes.h>

#include "store.h"

/* A reader of the format that shares nothing with libvec. */
static float *
read_vectors(uint64_t *n, uint64_t *dim, uint32_t *capacity)
{
	size_t size;
	unsigned char *p = fixture_read("vectors.bin", &size);
	float *x;

	assert_true(size >= 36);
	assert_memory_equal(p, "COOLVEC\0\1\0\0\0", 12);
	assert_memory_equal(p + 28, "\0\0\0\0", 4);
	*n = *dim = *capacity = 0;
	for (int i = 7; i >= 0; i--) {
		*n = *n << 8 | p[12 + i];
		*dim = *dim << 8 | p[20 + i];
	}
	for (int i = 3; i >= 0; i--)
		*capacity = *capacity << 8 | p[32 + i];
	assert_true(*n <= *capacity && 36 + *capacity * *dim * 4 <= size);
	x = malloc(*n * *dim * 4 + 1);
	assert_non_null(x);
	memcpy(x, p + 36, *n * *dim * 4);
	free(p);
	return x;
}

static void
golden_bytes(void **state)
{
	static const unsigned char want[36 + 16] = {
		'C', 'O', 'O', 'L', 'V', 'E', 'C', 0, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0,
		2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0, 0x20, 0, 0, /* 8192 slots: 64 KiB of 8 bytes */
		0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 0, 0, 0, 0x3f, 0, 0, 0x40, 0x40,
	};
	static const float x[] = { 1, -2, 0.5f, 3 };
	struct vec_options o = fixture_options(2, VEC_L2);
	struct vec *v = fixture_open(&o);
	unsigned char *p;
	uint32_t first;
	size_t n;

	(void)state;
	assert_int_equal(vec_append(v, x, 2, &first, NULL), 0);
	assert_int_equal(first, 0);
	assert_int_equal(vec_publish(v, 2, NULL), 0);
	vec_close(v);
	p = fixture_read("vectors.bin", &n);
	assert_int_equal(n, 36 + 8192 * 8);
	assert_memory_equal(p, want, sizeof(want));
	free(p);
}

static void
an_independent_reader_finds_every_vector(void **state)
{
	struct vec_options o = fixture_options(17, VEC_COSINE);
	struct vec *v = fixture_open(&o);
	static float x[500 * 17];
	uint64_t n, dim;
	uint32_t capacity;
	float *got;

	(void)state;
	fixture_fill(v, 500, 17, x);
	vec_close(v);
	got = read_vectors(&n, &dim, &capacity);
	assert_int_equal(n, 500);
	assert_int_equal(dim, 17);
	assert_memory_equal(got, x, sizeof(x));
	free(got);
}

/* Rows keep their place for whoever holds one, however often the address space is outgrown. */
static void
rows_stay_readable_across_reservations(void **state)
{
	enum { DIM = 300, N = 3000 };
	const float *rows[N / 100];
	struct store *s;
	float *x = malloc(100 * DIM * sizeof(float));
	int dir = open(fixture_dir, O_RDONLY | O_DIRECTORY), maps = 0;
	uint32_t first;

	(void)state;
	assert_non_null(x);
	assert_int_equal(store_open(dir, DIM, true, 4096, &s, NULL), 0);
	for (int i = 0; i < N / 100; i++) {
		for (int j = 0; j < 100 * DIM; j++)
			x[j] = (float)(i + 1);
		assert_int_equal(store_append(s, x, 100, &first, NULL), 0);
		assert_int_equal(first, 100 * i);
		rows[i] = store_row(s, first);
	}
	for (int i = 0; i < N / 100; i++) {
		assert_true(rows[i][0] == (float)(i + 1) && rows[i][DIM - 1] == (float)(i + 1));
		assert_memory_equal(rows[i], store_row(s, 100u * (uint32_t)i), DIM * sizeof(float));
	}
	for (const struct store_map *m = s->maps; m; m = m->older)
		maps++;
	assert_in_range(maps, 3, 12);
	store_close(s);
	close(dir);
	free(x);
}

/* After a power cut the header may be older than what a database committed. */
static void
slots_after_n_vecs_can_be_published(void **state)
{
	struct vec_options o = fixture_options(4, VEC_L2);
	struct vec *v = fixture_open(&o);
	struct vec_error err;
	struct vec_stats s;
	float x[40];
	uint32_t first, capacity;

	(void)state;
	fixture_vectors(x, 40);
	assert_int_equal(vec_append(v, x, 10, &first, NULL), 0);
	assert_int_equal(vec_sync(v, NULL), 0);
	vec_close(v);
	v = fixture_open(&o);
	vec_stats(v, &s);
	capacity = s.capacity;
	assert_int_equal(s.published, 0);
	assert_null(vec_peek(v, 0));
	assert_int_equal(vec_publish(v, capacity + 1, &err), VEC_EVALUE);
	assert_int_equal(vec_publish(v, 10, NULL), 0);
	assert_int_equal(vec_publish(v, 5, NULL), 0);
	assert_memory_equal(vec_peek(v, 0), x, sizeof(x));
	assert_int_equal(vec_append(v, x, 1, &first, NULL), 0);
	assert_int_equal(first, 10);
	assert_false(vec_is_live(v, 10));
	vec_close(v);
}

static void
a_second_opener_is_refused(void **state)
{
	struct vec_options o = fixture_options(4, VEC_L2);
	struct vec *v = fixture_open(&o), *w;
	struct vec_error err;

	(void)state;
	assert_int_equal(vec_open(fixture_dir, &o, &w, &err), VEC_EBUSY);
	assert_null(w);
	vec_close(v);
	v = fixture_open(&o);
	vec_close(v);
}

static void
missing_files_and_wrong_options(void **state)
{
	struct vec_options o = fixture_options(4, VEC_L2);
	struct vec_error err;
	struct vec *v;

	(void)state;
	o.create = false;
	assert_int_equal(vec_open(fixture_dir, &o, &v, &err), VEC_EVALUE);
	assert_int_equal(vec_open("/nonexistent/folder", &o, &v, &err), VEC_EIO);
	o.create = true;
	vec_close(fixture_open(&o));
	o.dim = 5;
	assert_int_equal(vec_open(fixture_dir, &o, &v, &err), VEC_EDIM);
	assert_string_equal(err.message, "vectors.bin has 4 components a vector, not 5");
	o.dim = 0;
	assert_int_equal(vec_open(fixture_dir, &o, &v, &err), VEC_EVALUE);
	o.dim = VEC_DIM_MAX + 1;
	assert_int_equal(vec_open(fixture_dir, &o, &v, &err), VEC_EVALUE);
	o.dim = 4;
	o.M = VEC_M_MAX + 1;
	assert_int_equal(vec_open(fixture_dir, &o, &v, &err), VEC_EVALUE);
	o.M = 0;
	o.ef_construction = 1;
	assert_int_equal(vec_open(fixture_dir, &o, &v, &err), VEC_EVALUE);
	o.ef_construction = 0;
	o.metric = (enum vec_metric)9;
	assert_int_equal(vec_open(fixture_dir, &o, &v, &err), VEC_EVALUE);
}

/* Each hostile header: where, what, and it must be VEC_ECORRUPT with a sentence. */
static void
hostile_headers_are_refused(void **state)
{
	static const struct {
		int at, n;
		unsigned char bytes[8];
	} hostile[] = {
		{ 0, 1, "X" },						/* magic */
		{ 7, 1, "X" },
		{ 8, 4, { 0, 0, 0, 0 } },				/* version */
		{ 8, 4, { 2, 0, 0, 0 } },
		{ 12, 8, { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } }, /* n_vecs */
		{ 12, 8, { 0, 0, 0, 0, 1, 0, 0, 0 } },
		{ 20, 8, { 0, 0, 0, 0, 0, 0, 0, 0 } },			/* dim */
		{ 20, 8, { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } },
		{ 20, 8, { 0, 0, 0, 0, 0, 0, 0, 0x40 } },
		{ 20, 8, { 0x81, 0x3e, 0, 0, 0, 0, 0, 0 } },		/* 16,001 */
		{ 28, 4, { 1, 0, 0, 0 } },				/* dtype */
		{ 32, 4, { 0xff, 0xff, 0xff, 0xff } },			/* capacity */
		{ 32, 4, { 0xff, 0xff, 0xff, 0x7f } },
		{ 32, 4, { 1, 0, 0, 0 } },				/* under n_vecs */
	};
	struct vec_options o = fixture_options(4, VEC_L2);
	struct vec *v = fixture_open(&o);
	unsigned char *good, *bad;
	struct vec_error err;
	size_t n;

	(void)state;
	fixture_fill(v, 10, 4, NULL);
	vec_close(v);
	good = fixture_read("vectors.bin", &n);
	bad = malloc(n);
	assert_non_null(bad);
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		memcpy(bad, good, n);
		memcpy(bad + hostile[i].at, hostile[i].bytes, (size_t)hostile[i].n);
		fixture_write("vectors.bin", bad, n);
		err.message[0] = 0;
		if (vec_open(fixture_dir, &o, &v, &err) != VEC_ECORRUPT)
			fail_msg("hostile header %zu was not refused", i);
		assert_null(v);
		assert_true(strlen(err.message) > 10);
	}
	free(good);
	free(bad);
}

static void
short_files_are_refused(void **state)
{
	struct vec_options o = fixture_options(4, VEC_L2);
	struct vec *v = fixture_open(&o);
	unsigned char *good;
	size_t n;

	(void)state;
	fixture_fill(v, 10, 4, NULL);
	vec_close(v);
	good = fixture_read("vectors.bin", &n);
	for (size_t cut = 0; cut < 36; cut++) {
		fixture_write("vectors.bin", good, cut);
		assert_int_equal(vec_open(fixture_dir, &o, &v, NULL), VEC_ECORRUPT);
	}
	fixture_write("vectors.bin", good, n - 1);
	assert_int_equal(vec_open(fixture_dir, &o, &v, NULL), VEC_ECORRUPT);
	fixture_write("vectors.bin", good, n);
	v = fixture_open(&o);
	vec_close(v);
	free(good);
}

/* The limit of slots is known before anything is written. */
static void
no_slot_past_the_limit(void **state)
{
	struct vec_options o = fixture_options(1, VEC_L2);
	struct vec *v = fixture_open(&o);
	static const float x[1] = { 1 };
	struct vec_error err;
	struct store *s;
	uint32_t first;
	int dir = open(fixture_dir, O_RDONLY | O_DIRECTORY);

	(void)state;
	vec_close(v);
	assert_int_equal(store_open(dir, 1, false, 0, &s, NULL), 0);
	s->appended = FORMAT_SLOTS_MAX;
	assert_int_equal(store_append(s, x, 1, &first, &err), VEC_EFULL);
	s->appended = 0;
	store_close(s);
	close(dir);
}

/* Whether the system has been told that this map is read in no order. */
static bool
is_random(const void *at)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	uintptr_t from, to, here = (uintptr_t)at;
	bool inside = false, random = false;
	char line[512];

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &from, &to) == 2)
			inside = here >= from && here < to;
		else if (inside && strncmp(line, "VmFlags:", 8) == 0)
			random = strstr(line, " rr") != NULL;
	}
	fclose(f);
	return random;
}

/* The rows come back from the disk one by one while they do not stay, and as ever when they do. */
static void
rows_that_do_not_stay_in_memory_are_read_alone(void **state)
{
	enum { DIM = 1024, ROWS = 4096 };
	float *x = malloc((size_t)ROWS * DIM * sizeof(*x));
	int dir = open(fixture_dir, O_RDONLY | O_DIRECTORY);
	struct store_pass pass = { 0 };
	const uint32_t some[] = { 7, 4000 };
	struct store *s;
	uint32_t first;

	(void)state;
	assert_non_null(x);
	fixture_vectors(x, (size_t)ROWS * DIM);
	assert_int_equal(store_open(dir, DIM, true, 0, &s, NULL), 0);
	assert_int_equal(store_append(s, x, ROWS, &first, NULL), 0);
	assert_int_equal(store_sync(s, NULL), 0);
	store_advise(s);
	assert_false(s->scarce);
	assert_int_equal(posix_fadvise(s->fd, 0, 0, POSIX_FADV_DONTNEED), 0);
	store_advise(s);
	if (!s->scarce)
		goto out;	/* a file system in memory: nothing can be dropped */
	assert_true(is_random(store_row(s, 0)));
	store_ahead(s, 0, ROWS, &pass);
	assert_true(pass.asked > (const unsigned char *)(const void *)store_row(s, 0) + (4 << 20));
	store_want(s, some, 2);
	for (uint32_t i = 0; i < ROWS; i++)
		assert_memory_equal(store_row(s, i), x + (size_t)i * DIM, DIM * sizeof(*x));
	store_advise(s);
	assert_false(s->scarce);
	assert_false(is_random(store_row(s, 0)));
out:
	store_close(s);
	close(dir);
	free(x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(golden_bytes),
		FIXTURE_TEST(an_independent_reader_finds_every_vector),
		FIXTURE_TEST(rows_stay_readable_across_reservations),
		FIXTURE_TEST(slots_after_n_vecs_can_be_published),
		FIXTURE_TEST(a_second_opener_is_refused),
		FIXTURE_TEST(missing_files_and_wrong_options),
		FIXTURE_TEST(hostile_headers_are_refused),
		FIXTURE_TEST(short_files_are_refused),
		FIXTURE_TEST(no_slot_past_the_limit),
		FIXTURE_TEST(rows_that_do_not_stay_in_memory_are_read_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
