/*
 * test_golden.c - the local embedder gives the same bits everywhere and on every thread.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <string.h>

#include <cmocka.h>

#include "embed.h"

#define DIM EMBED_LOCAL_DIM_DEFAULT
#define THREADS 4

static struct embedder *embedder;

static struct embedder *
open_dim(size_t dim)
{
	struct embed_config c = { .provider = "local", .dim = dim };
	struct embedder *e;
	struct err err = { 0 };

	if (embedder_open(&c, &e, &err) != 0)
		fail_msg("%s", err.text);
	return e;
}

/* FNV-1a over the bits of floats, least significant byte first. */
static uint64_t
checksum(const float *v, size_t n)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < n; i++) {
		uint32_t bits;

		memcpy(&bits, &v[i], sizeof(bits));
		for (unsigned k = 0; k < 32; k += 8)
			h = (h ^ ((bits >> k) & 0xff)) * 0x100000001b3u;
	}
	return h;
}

/* The vectors of version 1-u15.0.0.  Whoever changes them raises FEATURES_ALGORITHM. */
static const struct golden {
	const char *text;
	uint64_t sums[3];	/* at 64, 512 and 4096 components */
} goldens[] = {
	{ "the",
	    { 0x3e13074443c41d01u, 0xcf456cc24a17f309u, 0x2a95062f389b6e19u } },
	{ "The quick brown fox jumps over the lazy dog.",
	    { 0xd0ac8e100de7c615u, 0x57bd8bce8841aba9u, 0x423824f82e3bd22eu } },
	{ "Die Katze ist auf dem Dach.",
	    { 0xdfb713b4f6851e17u, 0x854a6e122e4e48a5u, 0xd27ae282c506db90u } },
	{ "L'été, on mange des glaces à la plage.",
	    { 0x5b80e548da5811a0u, 0xf8d7ae081d99c478u, 0x72b5f65388df3bccu } },
	{ "Мама мыла раму в 1987 году.",
	    { 0x73144bbb6bbab3c2u, 0x9d0f0186312acb03u, 0x4026ae16c8edbfe9u } },
	{ "Η γάτα κοιμάται.",
	    { 0x8fe916eb72eca7f1u, 0x3ac56bddd4772253u, 0xcf938ac02da01ff1u } },
	{ "بسم الله الرحمن الرحيم",
	    { 0xef03f51b632e719cu, 0xbf1889afdedb5242u, 0xc213f9ad34612eeeu } },
	{ "שלום עולם",
	    { 0x9eab59d2a0d6ecb0u, 0x5a8b41a99dce08b2u, 0x2f10702833be6ea2u } },
	{ "नमस्ते दुनिया",
	    { 0x6d8aef847a69e7cau, 0xa0f0cc074b13716au, 0x165ec8de980b7c71u } },
	{ "我爱北京天安门",
	    { 0x0a73b69836178d5eu, 0x45984d67fb3fb36fu, 0x8ff8fd9dad71643fu } },
	{ "吾輩は猫である。名前はまだ無い。",
	    { 0x52b98eda6a841b8eu, 0x53a8c4deb9baa3edu, 0x87a29f8f48c9bcb2u } },
	{ "안녕하세요 세계",
	    { 0x61d713bca512eaf5u, 0xc5b1752a9abe21afu, 0xb491b196f59e7b4au } },
	{ "สวัสดีชาวโลก",
	    { 0x3a743ed0c711eadau, 0x91b17d3e2055b224u, 0xbae8eacc897954c0u } },
	{ "C++ & 3.14 = 😀👍🏽",
	    { 0xc9ec0e0681d37027u, 0xa1a27abab1b75ff1u, 0x33686e45c11ea05eu } },
	{ "naïve ﬁancée Ⅻ ½ ㎏",
	    { 0x19ca10ccb98a734bu, 0x98e2044788ece2b1u, 0xc9de91ba02ba5c5eu } },
};

static void
test_golden_vectors(void **state)
{
	static const size_t dims[3] = { 64, 512, 4096 };
	static float v[4096];

	(void)state;
	if (strcmp(embedder_identity(embedder)->version, "1-u15.0.0") != 0)
		skip();
	for (size_t d = 0; d < 3; d++) {
		struct embedder *e = open_dim(dims[d]);

		for (size_t i = 0; i < sizeof(goldens) / sizeof(goldens[0]); i++) {
			struct embed_text t = { goldens[i].text, strlen(goldens[i].text) };
			size_t bad;

			assert_int_equal(embedder_embed(e, &t, 1, v, &bad, NULL), 0);
			if (checksum(v, dims[d]) != goldens[i].sums[d])
				fail_msg("\"%s\" at %zu is 0x%016llx", t.p, dims[d],
				    (unsigned long long)checksum(v, dims[d]));
		}
		embedder_close(e);
	}
}

static void *
thread_checksum(void *arg)
{
	float v[DIM];
	uint64_t *sum = arg;

	for (int i = 0; i < 200; i++) {
		const struct embed_text t = { "Der Zug nach Köln fährt", 25 };
		size_t bad;

		if (embedder_embed(embedder, &t, 1, v, &bad, NULL) != 0)
			return NULL;
		*sum += checksum(v, DIM);
	}
	return sum;
}

static void
test_threads_agree(void **state)
{
	pthread_t threads[THREADS];
	uint64_t sums[THREADS] = { 0 };

	(void)state;
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, thread_checksum, &sums[i]), 0);
	for (size_t i = 0; i < THREADS; i++) {
		void *done;

		assert_int_equal(pthread_join(threads[i], &done), 0);
		assert_non_null(done);
		assert_true(sums[i] == sums[0]);
	}
}

static int
setup(void **state)
{
	(void)state;
	embedder = open_dim(0);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	embedder_close(embedder);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden_vectors),
		cmocka_unit_test(test_threads_agree),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
