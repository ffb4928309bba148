/*
 * test_lost.c - vectors.bin cut short while it is open: a fault, and a collection that is lost.
 */

#include "fixture.h"

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "store.h"

#define DIM 16
#define N 2000		/* 32 pages */
#define CUT 4096

static void
on_bus(int sig, siginfo_t *info, void *context)
{
	(void)context;
	if (!vec_fault(info->si_addr))
		signal(sig, SIG_DFL);
}

/* In the test itself: cmocka has put its own handler in place before it. */
static void
guard(void)
{
	struct sigaction sa = { .sa_sigaction = on_bus, .sa_flags = SA_SIGINFO };

	assert_int_equal(sigaction(SIGBUS, &sa, NULL), 0);
}

static struct vec *
open_filled(void)
{
	struct vec_options o = fixture_options(DIM, VEC_L2);
	struct vec *v = fixture_open(&o);

	guard();
	fixture_fill(v, N, DIM, NULL);
	return v;
}

static int
search(struct vec *v, bool exact, struct vec_error *err)
{
	struct vec_query q = VEC_QUERY(10);
	struct vec_hit hits[10];
	float x[DIM] = { 1, -1 };
	size_t n;

	q.exact = exact;
	return vec_search(v, x, DIM, &q, hits, &n, err);
}

static void
a_search_over_missing_pages_fails_with_a_sentence(void **state)
{
	struct vec *v = open_filled();
	struct vec_error err;

	(void)state;
	assert_int_equal(search(v, true, &err), 0);
	assert_int_equal(truncate(fixture_path("vectors.bin"), CUT), 0);
	assert_int_equal(search(v, true, &err), VEC_ECORRUPT);
	assert_string_equal(err.message,
	    "vectors.bin was cut short while it was open, or its disk cannot read it");
	assert_int_equal(search(v, true, &err), VEC_ECORRUPT);
	assert_int_equal(vec_lost(v, NULL), VEC_ECORRUPT);
	vec_close(v);
}

static void
a_lost_collection_takes_and_writes_nothing(void **state)
{
	struct vec *v = open_filled();
	struct vec_stats st;
	float x[DIM] = { 1 };
	struct stat file;

	(void)state;
	assert_int_equal(vec_checkpoint(v, NULL), 0);
	assert_int_equal(truncate(fixture_path("vectors.bin"), CUT), 0);
	assert_int_equal(vec_peek(v, N - 1)[0], 0);	/* no crash; what it lends is no vector */
	assert_int_equal(vec_add(v, x, DIM, NULL, NULL), VEC_ECORRUPT);
	assert_int_equal(vec_append(v, x, 1, &(uint32_t){ 0 }, NULL), VEC_ECORRUPT);
	assert_int_equal(vec_sync(v, NULL), VEC_ECORRUPT);
	assert_int_equal(vec_publish(v, N, NULL), VEC_ECORRUPT);
	assert_int_equal(vec_index(v, 10, NULL), VEC_ECORRUPT);
	assert_int_equal(vec_checkpoint(v, NULL), VEC_ECORRUPT);
	assert_int_equal(vec_trim(v, NULL), VEC_ECORRUPT);
	assert_int_equal(vec_check(v, NULL, NULL), VEC_ECORRUPT);
	vec_stats(v, &st);
	assert_true(st.read_only);
	vec_close(v);
	assert_int_equal(stat(fixture_path("vectors.bin"), &file), 0);
	assert_int_equal(file.st_size, CUT);
}

static void
an_append_looks_at_the_length_before_it_writes(void **state)
{
	struct vec *v = open_filled();
	struct vec_stats st;
	struct stat file;
	float x[DIM] = { 1 };
	off_t size;

	(void)state;
	vec_stats(v, &st);
	size = (off_t)st.file_bytes - 1;
	assert_int_equal(truncate(fixture_path("vectors.bin"), size), 0);
	assert_int_equal(vec_append(v, x, 1, &(uint32_t){ 0 }, NULL), VEC_ECORRUPT);
	assert_int_equal(stat(fixture_path("vectors.bin"), &file), 0);
	assert_int_equal(file.st_size, size);
	vec_close(v);
}

/* The end of the last page reads as zeros without a fault. */
static void
a_file_cut_within_a_page_is_noticed_when_asked(void **state)
{
	struct vec *v = open_filled();
	struct vec_stats st;

	(void)state;
	vec_stats(v, &st);
	assert_int_equal(vec_lost(v, NULL), 0);
	assert_int_equal(truncate(fixture_path("vectors.bin"), (off_t)st.file_bytes - 8), 0);
	assert_int_equal(vec_lost(v, NULL), VEC_ECORRUPT);
	vec_close(v);
}

static void
another_collection_is_not_touched(void **state)
{
	struct vec *v = open_filled(), *w;
	struct vec_options o = fixture_options(DIM, VEC_L2);
	char dir[sizeof(fixture_dir)], path[128];
	struct vec_error err;

	memcpy(dir, fixture_dir, sizeof(dir));
	assert_int_equal(fixture_setup(state), 0);
	w = fixture_open(&o);
	fixture_fill(w, N, DIM, NULL);
	snprintf(path, sizeof(path), "%s/vectors.bin", dir);
	assert_int_equal(truncate(path, CUT), 0);
	assert_int_equal(search(v, true, &err), VEC_ECORRUPT);
	assert_int_equal(search(w, true, &err), 0);
	fixture_index(w);
	fixture_check(w);
	assert_int_equal(vec_lost(w, NULL), 0);
	vec_close(v);
	vec_close(w);
	assert_int_equal(fixture_teardown(state), 0);
	memcpy(fixture_dir, dir, sizeof(dir));
}

/* A map that was outgrown stays in use with those who took it. */
static void
an_older_map_is_watched_as_well(void **state)
{
	static float x[DIM * 4096];
	const float *old;
	struct store *s;
	uint32_t first;
	int dir = open(fixture_dir, O_RDONLY | O_DIRECTORY);

	(void)state;
	guard();
	fixture_vectors(x, DIM * 4096);
	assert_int_equal(store_open(dir, DIM, true, 1, &s, NULL), 0);
	assert_int_equal(store_append(s, x, 1000, &first, NULL), 0);
	old = store_row(s, 900);
	for (int i = 0; i < 40; i++)
		assert_int_equal(store_append(s, x, 4096, &first, NULL), 0);
	assert_ptr_not_equal(old, store_row(s, 900));
	assert_int_equal(truncate(fixture_path("vectors.bin"), CUT), 0);
	assert_int_equal(((const volatile float *)old)[0], 0);
	assert_int_equal(((const volatile float *)store_row(s, 900))[0], 0);
	assert_int_equal(store_lost(s, NULL), VEC_ECORRUPT);
	store_close(s);
	close(dir);
}

static void *
search_until_lost(void *arg)
{
	int rc;

	while ((rc = search(arg, true, NULL)) == 0)
		;
	return rc == VEC_ECORRUPT ? arg : NULL;
}

static void *
index_until_lost(void *arg)
{
	int rc;

	while ((rc = vec_index(arg, 4, NULL)) >= 0)
		;
	return rc == VEC_ECORRUPT ? arg : NULL;
}

static void
readers_and_builders_at_once_all_get_to_their_end(void **state)
{
	struct vec *v = open_filled();
	pthread_t t[6];

	(void)state;
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(pthread_create(&t[i], NULL, i < 4 ? search_until_lost : index_until_lost, v), 0);
	usleep(3000);
	assert_int_equal(truncate(fixture_path("vectors.bin"), 0), 0);
	for (size_t i = 0; i < 6; i++) {
		void *well;

		pthread_join(t[i], &well);
		assert_ptr_equal(well, v);
	}
	vec_close(v);
}

/* No handler may make other programs' faults disappear. */
static void
a_fault_elsewhere_is_not_ours(void **state)
{
	struct vec *v = open_filled();
	int status, fd = open(fixture_path("hnsw.index"), O_RDWR | O_CREAT, 0600);
	char *p;
	pid_t pid;

	(void)state;
	assert_int_equal(ftruncate(fd, 4096), 0);
	p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	assert_true(p != MAP_FAILED);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_false(vec_fault(p));
	if ((pid = fork()) == 0) {
		(void)*(volatile char *)p;
		_exit(0);
	}
	waitpid(pid, &status, 0);
	assert_true(!WIFEXITED(status) || WEXITSTATUS(status) != 0);	/* a sanitizer exits */
	assert_int_equal(vec_lost(v, NULL), 0);
	vec_close(v);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(a_search_over_missing_pages_fails_with_a_sentence),
		FIXTURE_TEST(a_lost_collection_takes_and_writes_nothing),
		FIXTURE_TEST(an_append_looks_at_the_length_before_it_writes),
		FIXTURE_TEST(a_file_cut_within_a_page_is_noticed_when_asked),
		FIXTURE_TEST(another_collection_is_not_touched),
		FIXTURE_TEST(an_older_map_is_watched_as_well),
		FIXTURE_TEST(readers_and_builders_at_once_all_get_to_their_end),
		FIXTURE_TEST(a_fault_elsewhere_is_not_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
