/*
 * test_index.c - hnsw.index: written, read back, and refused when it is anything else.
 */

#include "fixture.h"

#include "bytes.h"
#include "graph_link.h"
#include "index.h"
#include "vec_private.h"

#define DIM 6

/* A collection with nodes, upper levels, copies, deleted nodes and a tail, saved.  Closed again. */
static struct vec_options
make_saved(enum vec_metric metric, size_t n)
{
	struct vec_options o = fixture_options(DIM, metric);
	struct vec *v;
	uint32_t slot;

	o.M = 4;
	o.ef_construction = 20;
	v = fixture_open(&o);
	fixture_fill(v, n, DIM, NULL);
	for (uint32_t i = 0; i < 3; i++) {
		float x[DIM];

		memcpy(x, vec_peek(v, i), sizeof(x));
		assert_int_equal(vec_append(v, x, 1, &slot, NULL), 0);
		assert_int_equal(vec_publish(v, slot + 1, NULL), 0);
	}
	fixture_index(v);
	fixture_fill(v, 5, DIM, NULL);
	assert_int_equal(vec_checkpoint(v, NULL), 0);
	vec_close(v);
	return o;
}

static void
expect_same_hits(struct vec *v, size_t end, enum vec_metric metric)
{
	struct vec_query q = VEC_QUERY(5);
	struct vec_hit hits[5];
	uint32_t want[5];
	float x[DIM];
	size_t n;

	q.ef = 60;
	for (int i = 0; i < 5; i++) {
		fixture_vectors(x, DIM);
		assert_int_equal(vec_search(v, x, DIM, &q, hits, &n, NULL), 0);
		assert_int_equal(n, fixture_nearest(v, end, DIM, metric, x, 5, NULL, want));
		assert_in_range(fixture_common(hits, n, want, n), n - 1, n);
	}
}

static void
reloaded_it_is_the_same_graph(void **state)
{
	(void)state;
	for (int m = 0; m < VEC_NMETRICS; m++) {
		struct vec_options o = make_saved((enum vec_metric)m, 400);
		size_t n[2];
		unsigned char *bytes[2];
		struct vec_stats s;
		struct vec *v;

		bytes[0] = fixture_read("hnsw.index", &n[0]);
		v = fixture_open(&o);
		vec_stats(v, &s);
		assert_string_equal(s.index_note, "");
		assert_int_equal(s.indexed, 403);
		assert_int_equal(s.covered, 403);
		assert_int_equal(s.tail, 5);
		assert_false(s.unsaved);
		fixture_check(v);
		expect_same_hits(v, 408, (enum vec_metric)m);
		assert_int_equal(vec_checkpoint(v, NULL), 0);
		bytes[1] = fixture_read("hnsw.index", &n[1]);
		assert_int_equal(n[0], n[1]);
		assert_memory_equal(bytes[0], bytes[1], n[0]);
		fixture_index(v);
		vec_stats(v, &s);
		assert_true(s.unsaved);
		fixture_check(v);
		vec_close(v);
		free(bytes[0]);
		free(bytes[1]);
		unlink(fixture_path("vectors.bin"));
		unlink(fixture_path("hnsw.index"));
	}
}

/* Whoever deletes remembers: dead slots are given at open, and unlinked then. */
static void
slots_that_died_since_are_unlinked(void **state)
{
	struct vec_options o = make_saved(VEC_L2, 200);
	uint64_t live[4] = { 0 };
	struct vec_stats s;
	struct vec *v;

	(void)state;
	for (uint32_t i = 0; i < 208; i++)
		live[i / 64] |= (uint64_t)(i % 3 != 0) << i % 64;
	o.live = live;
	o.nlive = 208;
	v = fixture_open(&o);
	vec_stats(v, &s);
	assert_int_equal(s.published, 208);
	assert_int_equal(s.live, 138);
	assert_int_equal(s.unlinking, 67);
	expect_same_hits(v, 208, VEC_L2);
	fixture_index(v);
	fixture_check(v);
	vec_stats(v, &s);
	assert_int_equal(s.unlinking, 0);
	assert_int_equal(s.indexed, 138);
	expect_same_hits(v, 208, VEC_L2);
	vec_close(v);
}

/* Open with `bytes` as the index: a rebuild with a reason, or a graph that keeps all rules. */
static bool
open_with(const struct vec_options *o, const unsigned char *bytes, size_t n)
{
	struct vec_stats s;
	struct vec *v;
	bool used;

	fixture_write("hnsw.index", bytes, n);
	v = fixture_open(o);
	vec_stats(v, &s);
	used = s.index_note[0] == 0;
	if (!used) {
		assert_int_equal(s.indexed, 0);
		assert_int_equal(s.tail, s.live);
	}
	fixture_check(v);
	vec_close(v);
	return used;
}

static void
every_flipped_byte_is_noticed(void **state)
{
	struct vec_options o = make_saved(VEC_COSINE, 40);
	unsigned char *bytes;
	size_t n;

	(void)state;
	bytes = fixture_read("hnsw.index", &n);
	for (size_t i = 0; i < n; i++) {
		for (int bit = 1; bit < 256; bit <<= 3) {
			bytes[i] ^= (unsigned char)bit;
			/* The setting it was built with alone may differ; its checksum may not. */
			if (open_with(&o, bytes, n))
				fail_msg("byte %zu with bit %d flipped was accepted", i, bit);
			bytes[i] ^= (unsigned char)bit;
		}
	}
	assert_true(open_with(&o, bytes, n));
	free(bytes);
}

/* What a disk gives back of blocks that were never written. */
static void
every_zeroed_suffix_is_noticed(void **state)
{
	struct vec_options o = make_saved(VEC_L2, 40);
	unsigned char *bytes;
	size_t n;

	(void)state;
	bytes = fixture_read("hnsw.index", &n);
	for (size_t i = n; i-- > 0;) {
		if (bytes[i] == 0)
			continue;	/* it is a zero already */
		bytes[i] = 0;
		if (open_with(&o, bytes, n))
			fail_msg("zeros from byte %zu on were accepted", i);
	}
	free(bytes);
}

/* A graph that keeps every rule and has no links: only its checksum tells it from a true one. */
static void
links_that_are_zeros_are_noticed(void **state)
{
	struct vec_options o = make_saved(VEC_L2, 40);
	unsigned char *bytes;
	uint64_t section[3];	/* bytes of the levels, of the links on level 0 and above it */
	size_t n;

	(void)state;
	bytes = fixture_read("hnsw.index", &n);
	for (int i = 0; i < 3; i++)
		memcpy(&section[i], bytes + 64 + 12 * i, sizeof(section[i]));
	assert_true(section[1] > 0 && 128 + section[0] + section[1] + section[2] <= n);
	memset(bytes + 128 + section[0], 0, section[1] + section[2]);
	assert_false(open_with(&o, bytes, n));
	free(bytes);
}

static void
every_truncation_is_noticed(void **state)
{
	struct vec_options o = make_saved(VEC_L2, 40);
	unsigned char *bytes;
	size_t n;

	(void)state;
	bytes = fixture_read("hnsw.index", &n);
	for (size_t cut = 0; cut < n; cut += cut < 200 ? 1 : 7)
		assert_false(open_with(&o, bytes, cut));
	bytes = realloc(bytes, n + 1);
	assert_non_null(bytes);
	bytes[n] = 0;
	assert_false(open_with(&o, bytes, n + 1));
	free(bytes);
}

/* Make every checksum right again, so that only the content can give it away. */
static void
sign(unsigned char *bytes)
{
	size_t at = INDEX_HEADER;

	for (int i = 0; i < INDEX_NSECTIONS; i++) {
		uint64_t size = bytes_get64(bytes + 64 + 12 * i);

		bytes_put32(bytes + 72 + 12 * i, vec_crc32c(0, bytes + at, size));
		at += size;
	}
	bytes_put32(bytes + 124, vec_crc32c(0, bytes, 124));
}

static size_t
section_at(const unsigned char *bytes, enum index_section section)
{
	size_t at = INDEX_HEADER;

	for (int i = 0; i < (int)section; i++)
		at += bytes_get64(bytes + 64 + 12 * i);
	return at;
}

/* Any byte may be anything under a right checksum: refused, or harmless. */
static void
signed_nonsense_does_no_harm(void **state)
{
	struct vec_options o = make_saved(VEC_COSINE, 40);
	unsigned char *good, *bad;
	size_t n, accepted = 0;

	(void)state;
	good = fixture_read("hnsw.index", &n);
	bad = malloc(n);
	assert_non_null(bad);
	for (int i = 0; i < 3000; i++) {
		size_t at = fixture_random() % n;

		memcpy(bad, good, n);
		if (at >= 64 && at < INDEX_HEADER)
			continue;
		bad[at] = i % 3 == 0 ? 0xff : (unsigned char)fixture_random();
		sign(bad);
		accepted += open_with(&o, bad, n);
	}
	/* Norms and ef_construction may be any number; links and counts may not. */
	assert_in_range(accepted, 1, 1500);
	free(good);
	free(bad);
}

struct forgery {
	const char *what;
	enum index_section section;
	size_t at;		/* bytes into the section */
	uint32_t value;
};

static void
forged_structure_is_refused(void **state)
{
	static const struct forgery forgeries[] = {
		{ "a link past the end", INDEX_BASE, 0, 44 },
		{ "a link far past the end", INDEX_BASE, 0, 0xffffffff },
		{ "a link to itself", INDEX_BASE, 0, 1 },
		{ "a list with a hole", INDEX_BASE, 0, 0 },
		{ "an upper link past the end", INDEX_UPPER, 0, 0x7fffffff },
		{ "a copy of nothing", INDEX_COPIES, 0, 0 },
		{ "a copy of one past the end", INDEX_COPIES, 0, 0xffffffff },
		{ "a copy of a copy", INDEX_COPIES, 0, 42 },
		{ "a copy of another", INDEX_COPIES, 0, 9 },
		{ "levels that were not drawn", INDEX_LEVELS, 0, 0x05050505 },
	};
	struct vec_options o = make_saved(VEC_COSINE, 40);
	unsigned char *good, *bad;
	size_t n;

	(void)state;
	good = fixture_read("hnsw.index", &n);
	bad = malloc(n);
	assert_non_null(bad);
	sign(good);
	assert_true(open_with(&o, good, n));
	for (size_t i = 0; i < sizeof(forgeries) / sizeof(forgeries[0]); i++) {
		const struct forgery *f = &forgeries[i];

		memcpy(bad, good, n);
		bytes_put32(bad + section_at(bad, f->section) + f->at, f->value);
		sign(bad);
		if (open_with(&o, bad, n))
			fail_msg("%s was accepted", f->what);
	}
	/* A link twice, and a link that is not returned. */
	memcpy(bad, good, n);
	memcpy(bad + section_at(bad, INDEX_BASE) + 4, bad + section_at(bad, INDEX_BASE), 4);
	sign(bad);
	assert_false(open_with(&o, bad, n));
	free(good);
	free(bad);
}

/* Lengths that the sections do not have, counts that contradict, an entry point that is none. */
static void
forged_headers_are_refused(void **state)
{
	static const int fields[] = { 12, 16, 24, 32, 40, 44, 52, 56, 60, 64, 68, 76, 88, 100 };
	static const uint32_t values[] = { 0, 1, 3, 45, 0x10000, 0x7fffffff, 0x80000000,
		0xffffffff };
	struct vec_options o = make_saved(VEC_L2, 40);
	unsigned char *good, *bad;
	size_t n;

	(void)state;
	good = fixture_read("hnsw.index", &n);
	bad = malloc(n);
	assert_non_null(bad);
	for (size_t f = 0; f < sizeof(fields) / sizeof(fields[0]); f++) {
		for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
			memcpy(bad, good, n);
			if (bytes_get32(bad + fields[f]) == values[i])
				continue;
			bytes_put32(bad + fields[f], values[i]);
			bytes_put32(bad + 124, vec_crc32c(0, bad, 124));
			if (open_with(&o, bad, n))
				fail_msg("field %d as %u was accepted", fields[f], values[i]);
		}
	}
	free(good);
	free(bad);
}

static void
an_index_of_other_vectors_is_refused(void **state)
{
	struct vec_options o = make_saved(VEC_L2, 50), other;
	unsigned char *bytes, *header;
	size_t n, nheader;

	(void)state;
	bytes = fixture_read("hnsw.index", &n);
	other = o;
	other.identity++;
	assert_false(open_with(&other, bytes, n));
	other = o;
	other.generation++;
	assert_false(open_with(&other, bytes, n));
	other = o;
	other.metric = VEC_L1;
	assert_false(open_with(&other, bytes, n));
	other = o;
	other.M = 5;
	assert_false(open_with(&other, bytes, n));
	other = o;
	other.seed++;
	assert_false(open_with(&other, bytes, n));
	assert_true(open_with(&o, bytes, n));
	/* An older vectors.bin: the index covers more than is published. */
	header = fixture_read("vectors.bin", &nheader);
	bytes_put64(header + 12, 49);
	fixture_write("vectors.bin", header, nheader);
	assert_false(open_with(&o, bytes, n));
	free(header);
	free(bytes);
}

static void
what_stands_in_its_place_is_not_followed(void **state)
{
	struct vec_options o = make_saved(VEC_L2, 20);
	struct vec_stats s;
	struct vec *v;

	(void)state;
	unlink(fixture_path("hnsw.index"));
	assert_int_equal(mkfifo(fixture_path("hnsw.index"), 0600), 0);
	v = fixture_open(&o);
	vec_stats(v, &s);
	assert_string_equal(s.index_note, "hnsw.index was not used: it is not a file");
	vec_close(v);
	unlink(fixture_path("hnsw.index"));
	assert_int_equal(symlink("vectors.bin", fixture_path("hnsw.index")), 0);
	v = fixture_open(&o);
	vec_stats(v, &s);
	assert_string_equal(s.index_note, "hnsw.index was not used: it cannot be opened");
	fixture_index(v);
	assert_int_equal(vec_checkpoint(v, NULL), 0);
	vec_close(v);
	v = fixture_open(&o);
	vec_stats(v, &s);
	assert_int_equal(s.indexed, 28);
	vec_close(v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(reloaded_it_is_the_same_graph),
		FIXTURE_TEST(slots_that_died_since_are_unlinked),
		FIXTURE_TEST(every_flipped_byte_is_noticed),
		FIXTURE_TEST(every_zeroed_suffix_is_noticed),
		FIXTURE_TEST(links_that_are_zeros_are_noticed),
		FIXTURE_TEST(every_truncation_is_noticed),
		FIXTURE_TEST(signed_nonsense_does_no_harm),
		FIXTURE_TEST(forged_structure_is_refused),
		FIXTURE_TEST(forged_headers_are_refused),
		FIXTURE_TEST(an_index_of_other_vectors_is_refused),
		FIXTURE_TEST(what_stands_in_its_place_is_not_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
