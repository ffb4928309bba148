/*
 * test_gone.c - what was deleted is not found, whatever goes on: additions, index work, checkpoints,
 * compaction and reopening beside searches.
 *
 * A vector has a number, which it keeps when it moves to another slot.  A clock ticks with each deletion; a
 * search that began when the number was gone must not return it.  There are more vectors than vec_open
 * reads the graph of at once, so searches meet a graph that is being read as well.
 */

#include "fixture.h"

#include <pthread.h>
#include <stdatomic.h>

#define DIM 16
#define FIRST 17000	/* live all the time */
#define NUMBERS 60000	/* at most */
#define ROUNDS 9
#define K 10

struct world {
	pthread_rwlock_t lock;		/* guards v and number; written when another takes its place */
	pthread_mutex_t change;		/* held by who adds, deletes, or looks at what is there; first */
	struct vec_options options;	/* of v; [change] */
	struct vec *v;
	uint32_t *number;		/* by slot */
	uint32_t slot[NUMBERS];		/* [change] */
	atomic_uint gone[NUMBERS];	/* when; 0: it is there */
	uint32_t nnumbers;		/* [change] */
	atomic_uint clock, searches;
	atomic_bool stop;
};

static struct world w;
static char next_dir[80];

static int
setup(void **state)
{
	pthread_rwlockattr_t a;

	if (fixture_setup(state) != 0)
		return -1;
	snprintf(next_dir, sizeof(next_dir), "%s/next", fixture_dir);
	memset(&w, 0, sizeof(w));
	pthread_rwlockattr_init(&a);	/* else searches would keep everybody out */
	pthread_rwlockattr_setkind_np(&a, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&w.lock, &a);
	pthread_rwlockattr_destroy(&a);
	pthread_mutex_init(&w.change, NULL);
	w.number = calloc(NUMBERS, sizeof(*w.number));
	return w.number ? mkdir(next_dir, 0700) : -1;
}

static int
teardown(void **state)
{
	free(w.number);
	pthread_mutex_destroy(&w.change);
	pthread_rwlock_destroy(&w.lock);
	rmdir(next_dir);
	return fixture_teardown(state);
}

/* [change] */
static void
add_locked(unsigned *seed)
{
	float x[DIM];
	uint32_t slot;

	for (int i = 0; i < DIM; i++)
		x[i] = (float)rand_r(seed) / (float)RAND_MAX - 0.5f;
	assert_int_equal(vec_append(w.v, x, 1, &slot, NULL), 0);
	w.number[slot] = w.nnumbers;
	w.slot[w.nnumbers++] = slot;
	assert_int_equal(vec_publish(w.v, slot + 1, NULL), 0);
}

/* [change] */
static void
delete_locked(uint32_t number)
{
	assert_int_equal(vec_delete(w.v, w.slot[number], NULL), 0);
	w.gone[number] = ++w.clock;
}

/* One comes and one goes: the one that is nearest to something, for that will be found again. */
static void *
replace_some(void *arg)
{
	struct vec_query q = VEC_QUERY(1);
	unsigned seed = 3;

	while (!w.stop) {
		struct vec_hit hit;
		float x[DIM];
		size_t n;

		for (int i = 0; i < DIM; i++)
			x[i] = (float)rand_r(&seed) / (float)RAND_MAX - 0.5f;
		pthread_mutex_lock(&w.change);
		if (w.nnumbers < NUMBERS) {
			assert_int_equal(vec_search(w.v, x, DIM, &q, &hit, &n, NULL), 0);
			assert_int_equal(n, 1);
			delete_locked(w.number[hit.slot]);
			add_locked(&seed);
		}
		pthread_mutex_unlock(&w.change);
		usleep(50);
	}
	return arg;
}

static void *
search(void *arg)
{
	unsigned seed = (unsigned)(uintptr_t)arg;

	while (!w.stop) {
		struct vec_query q = VEC_QUERY(K);
		struct vec_hit hits[K];
		float x[DIM];
		unsigned began;
		size_t n;

		for (int i = 0; i < DIM; i++)
			x[i] = (float)rand_r(&seed) / (float)RAND_MAX - 0.5f;
		q.ef = 40;
		q.exact = rand_r(&seed) % 8 == 0;
		pthread_rwlock_rdlock(&w.lock);
		began = w.clock;
		assert_int_equal(vec_search(w.v, x, DIM, &q, hits, &n, NULL), 0);
		assert_int_equal(n, K);
		for (size_t i = 0; i < n; i++) {
			unsigned gone = w.gone[w.number[hits[i].slot]];

			if (gone != 0 && gone <= began)
				fail_msg("deletion %u is found at %u", gone, began);
		}
		pthread_rwlock_unlock(&w.lock);
		w.searches++;
	}
	return NULL;
}

static void *
work(void *arg)
{
	while (!w.stop) {
		pthread_rwlock_rdlock(&w.lock);
		assert_in_range(vec_index(w.v, 20, NULL), 0, 1);
		pthread_rwlock_unlock(&w.lock);
	}
	return arg;
}

/* [change] */
static void
reopen_locked(void)
{
	static uint64_t live[NUMBERS / 64 + 1];
	struct vec_stats s;

	pthread_rwlock_wrlock(&w.lock);
	vec_stats(w.v, &s);
	memset(live, 0, sizeof(live));
	for (uint32_t slot = 0; slot < s.published; slot++)
		live[slot / 64] |= (uint64_t)(w.gone[w.number[slot]] == 0) << slot % 64;
	vec_close(w.v);
	w.options.live = live;
	w.options.nlive = s.published;
	w.v = fixture_open(&w.options);
	vec_stats(w.v, &s);
	assert_string_equal(s.index_note, "");
	pthread_rwlock_unlock(&w.lock);
}

/* Copies of the live ones from `from` on, up to the end.  [change] */
static uint32_t
copy_locked(struct vec *next, uint32_t *number, uint32_t from)
{
	uint32_t slot;

	for (; from < w.nnumbers; from++) {
		if (w.gone[from] != 0)
			continue;
		assert_int_equal(vec_append(next, vec_peek(w.v, w.slot[from]), 1, &slot, NULL), 0);
		number[slot] = from;
		assert_int_equal(vec_publish(next, slot + 1, NULL), 0);
	}
	return from;
}

/* What came and went while the next generation was made is made up for before the switch. */
static void
compact(void)
{
	uint32_t *number = calloc(NUMBERS, sizeof(*number)), upto;
	struct vec_options o = w.options;
	struct vec_stats s;
	struct vec *next, *old = w.v;

	assert_non_null(number);
	o.generation++;
	o.live = NULL;
	o.nlive = 0;
	assert_int_equal(vec_open(next_dir, &o, &next, NULL), 0);
	pthread_mutex_lock(&w.change);
	upto = copy_locked(next, number, 0);
	pthread_mutex_unlock(&w.change);
	assert_in_range(vec_index(next, FIRST / 2, NULL), 0, 1);
	assert_int_equal(vec_checkpoint(next, NULL), 0);
	pthread_mutex_lock(&w.change);
	(void)copy_locked(next, number, upto);
	vec_stats(next, &s);
	for (uint32_t slot = 0; slot < s.published; slot++) {
		if (w.gone[number[slot]] != 0)
			assert_int_equal(vec_delete(next, slot, NULL), 0);
		w.slot[number[slot]] = slot;
	}
	assert_int_equal(vec_replace(next, old, NULL), 0);
	pthread_rwlock_wrlock(&w.lock);
	w.v = next;
	free(w.number);
	w.number = number;
	w.options = o;
	pthread_rwlock_unlock(&w.lock);
	vec_close(old);
	pthread_mutex_unlock(&w.change);
}

/* Exactly those that were not deleted are there. */
static void
take_stock(void)
{
	struct vec_stats s;
	uint32_t live = 0;

	for (uint32_t i = 0; i < w.nnumbers; i++)
		live += w.gone[i] == 0;
	vec_stats(w.v, &s);
	assert_int_equal(s.live, live);
	assert_int_equal(live, FIRST);
	for (uint32_t slot = 0; slot < s.published; slot++)
		assert_true(vec_is_live(w.v, slot) == (w.gone[w.number[slot]] == 0));
}

static void
nothing_deleted_is_found(void **state)
{
	void *(*const roles[])(void *) = { replace_some, search, search, work };
	enum { N = sizeof(roles) / sizeof(roles[0]) };
	pthread_t threads[N];
	unsigned seed = 1;

	(void)state;
	w.options = fixture_options(DIM, VEC_L2);
	w.options.M = 4;
	w.options.ef_construction = 8;
	w.v = fixture_open(&w.options);
	while (w.nnumbers < FIRST)
		add_locked(&seed);
	fixture_index(w.v);
	for (uintptr_t i = 0; i < N; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, roles[i], (void *)(i + 1)), 0);
	for (int round = 0; round < ROUNDS; round++) {
		usleep(100 * 1000);
		assert_int_equal(vec_checkpoint(w.v, NULL), 0);
		usleep(50 * 1000);	/* and more goes, which the file does not know of */
		if (round % 3 == 2)
			compact();
		pthread_mutex_lock(&w.change);
		reopen_locked();
		pthread_mutex_unlock(&w.change);
	}
	usleep(100 * 1000);
	w.stop = true;
	for (size_t i = 0; i < N; i++)
		pthread_join(threads[i], NULL);
	assert_true(w.searches > 100);
	assert_true(w.clock > 1000);
	print_message("# %u deletions, %u searches\n", (unsigned)w.clock, (unsigned)w.searches);
	fixture_index(w.v);
	fixture_check(w.v);
	take_stock();
	vec_close(w.v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_deleted_is_found, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
