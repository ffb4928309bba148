/*
 * test_embed_pace.c - texts a minute, on a clock of the test's own.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "embed_pace.h"

#define MINUTE ((int64_t)(EMBED_PACE_SECONDS + 1) * 1000)

static void
without_a_limit_all_may_go(void **state)
{
	struct embed_pace p = { 0 };
	int64_t at;

	(void)state;
	embed_pace_sent(&p, 5000, 100000);
	assert_true(embed_pace_allowed(&p, 5000, &at) == SIZE_MAX);
}

static void
setting_is_kept_in_every_minute(void **state)
{
	struct embed_pace p = { .setting = 100 };
	int64_t at = 0;

	(void)state;
	assert_int_equal(embed_pace_allowed(&p, 10000, &at), 100);
	embed_pace_sent(&p, 10000, 60);
	embed_pace_sent(&p, 30000, 40);
	assert_int_equal(embed_pace_allowed(&p, 40000, &at), 0);
	assert_int_equal(at, 10000 + MINUTE);	/* then the first 60 are a minute old */
	assert_int_equal(embed_pace_allowed(&p, at - 1001, &at), 0);
	assert_int_equal(embed_pace_allowed(&p, 10000 + MINUTE, &at), 60);
	assert_int_equal(embed_pace_allowed(&p, 30000 + MINUTE, &at), 100);
}

/* Simulated for an hour: no window of a minute has more than the limit, and none is wasted. */
static void
no_window_has_more_than_the_limit(void **state)
{
	struct embed_pace p = { .setting = 50 };
	static size_t sent[3600];
	size_t sum = 0;
	int64_t at;

	(void)state;
	for (int64_t s = 0; s < 3600; s++) {
		size_t n = embed_pace_allowed(&p, s * 1000 + 999, &at);

		sent[s] = n > 7 ? 7 : n;
		embed_pace_sent(&p, s * 1000 + 999, sent[s]);
		sum += sent[s];
		for (size_t last = 0, i = 0; i < 60 && (size_t)s >= i; i++)
			if ((last += sent[(size_t)s - i]) > 50)
				fail_msg("%zu texts in the minute before second %lld", last, (long long)s);
	}
	assert_true(sum > 50 * 58);
}

static void
named_moment_is_waited_for(void **state)
{
	struct embed_pace p = { 0 };
	int64_t at = 0;

	(void)state;
	embed_pace_refused(&p, 1000, 100, 23000, 0);
	assert_int_equal(embed_pace_allowed(&p, 1000, &at), 0);
	assert_int_equal(at, 24000);
	assert_int_equal(embed_pace_allowed(&p, 23999, &at), 0);
	assert_true(embed_pace_allowed(&p, 24000, &at) > 0);
	embed_pace_refused(&p, 2000, 1, 5000, 0);	/* an earlier moment changes nothing */
	assert_int_equal(embed_pace_allowed(&p, 23999, &at), 0);
}

static void
named_quota_is_kept_and_what_was_refused_does_not_count(void **state)
{
	struct embed_pace p = { .setting = 1000 };
	int64_t at;

	(void)state;
	embed_pace_sent(&p, 1000, 100);
	embed_pace_sent(&p, 1500, 100);
	embed_pace_refused(&p, 2000, 100, 0, 150);
	assert_int_equal(embed_pace_allowed(&p, 2000, &at), 50);
	assert_int_equal(embed_pace_allowed(&p, 1000 + MINUTE, &at), 150);
}

static void
quota_that_was_not_named_is_what_went_through(void **state)
{
	struct embed_pace p = { 0 };
	int64_t at;

	(void)state;
	embed_pace_sent(&p, 1000, 300);
	embed_pace_refused(&p, 1000, 100, 1000, 0);
	assert_int_equal(embed_pace_allowed(&p, 2000, &at), 0);
	assert_int_equal(embed_pace_allowed(&p, 1000 + MINUTE, &at), 200);
}

/* One search, and then a complaint about something else: the next hundred are not to take an hour. */
static void
quota_is_not_guessed_from_a_few_texts(void **state)
{
	struct embed_pace p = { 0 };
	int64_t at;

	(void)state;
	embed_pace_sent(&p, 1000, 1);
	embed_pace_sent(&p, 1000, 1);
	embed_pace_refused(&p, 1000, 1, 1000, 0);
	assert_int_equal(embed_pace_allowed(&p, 1000 + MINUTE, &at), 20);
}

static void
quota_is_forgotten_after_ten_minutes(void **state)
{
	struct embed_pace p = { 0 };
	int64_t at;

	(void)state;
	embed_pace_refused(&p, 1000, 100, 0, 150);
	assert_int_equal(embed_pace_allowed(&p, 1000 + 600000, &at), 150);
	assert_true(embed_pace_allowed(&p, 1001 + 600000, &at) == SIZE_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_limit_all_may_go),
		cmocka_unit_test(setting_is_kept_in_every_minute),
		cmocka_unit_test(no_window_has_more_than_the_limit),
		cmocka_unit_test(named_moment_is_waited_for),
		cmocka_unit_test(named_quota_is_kept_and_what_was_refused_does_not_count),
		cmocka_unit_test(quota_that_was_not_named_is_what_went_through),
		cmocka_unit_test(quota_is_not_guessed_from_a_few_texts),
		cmocka_unit_test(quota_is_forgotten_after_ten_minutes),
	};

	return cmocka_run_group_tests_name("embed_pace", tests, NULL, NULL);
}
