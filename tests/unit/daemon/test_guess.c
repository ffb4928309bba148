/*
 * test_guess.c - the budget of wrong passwords, by a clock of its own.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "guess.h"

#define SECOND 1000
#define DAY (24 * 3600 * (int64_t)SECOND)

static struct guesses *gs;

static int
make(void **state)
{
	(void)state;
	gs = guesses_new(100);
	return gs != NULL ? 0 : -1;
}

static int
end(void **state)
{
	(void)state;
	guesses_free(gs);
	return 0;
}

/* Wrong guesses that pass when one is tried each `step` from `from` up to `to`. */
static size_t
wrong(const struct guess *g, int64_t from, int64_t to, int64_t step)
{
	enum guess_part part;
	size_t n = 0;

	for (int64_t now = from; now < to; now += step)
		n += guess_begin(gs, g, now, &part) == 0;
	return n;
}

static void
no_day_sees_more_than_the_budget(void **state)
{
	struct guess g = { "ada", 1000, false };
	size_t day[4], hours[96] = { 0 };

	(void)state;
	for (size_t h = 0; h < 96; h++) {
		g.source = (uint32_t)h % 7;	/* from however many sources */
		hours[h] = wrong(&g, (int64_t)h * DAY / 24, (int64_t)(h + 1) * DAY / 24, SECOND);
	}
	for (size_t h = 0; h + 24 <= 96; h++) {
		size_t sum = 0;

		for (size_t i = h; i < h + 24; i++)
			sum += hours[i];
		assert_in_range(sum, 25, 100);
		day[h % 4] = sum;
	}
	assert_true(day[0] > 0);
}

static void
who_has_been_here_before_is_not_locked_out(void **state)
{
	struct guess eve = { "ada", 1000, false }, ada = { "ada", 2000, true }, known = { "ada", 3000, false };
	enum guess_part part;

	(void)state;
	assert_int_equal(guess_begin(gs, &known, 0, &part), 0);
	guess_right(gs, &known, part);
	wrong(&eve, 0, DAY, SECOND);
	for (int64_t now = DAY; now < DAY + 100 * SECOND; now += SECOND) {
		enum guess_part other;

		wrong(&eve, now, now + 10, 1);		/* she goes on all the while */
		assert_int_equal(guess_begin(gs, &ada, now, &part), 0);
		assert_int_equal(part, GUESS_TOKEN);
		guess_right(gs, &ada, part);
		assert_int_equal(guess_begin(gs, &known, now, &other), 0);
		assert_int_equal(other, GUESS_KNOWN);
		guess_right(gs, &known, other);
	}
}

static void
a_row_of_wrong_ones_waits_longer_and_longer(void **state)
{
	struct guess g = { "ada", 1000, false };
	static const int64_t waits[] = { 1, 2, 4, 8, 16, 32, 60, 60 };
	enum guess_part part;
	int64_t now = 0;

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_int_equal(guess_begin(gs, &g, now, &part), 0);
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		assert_int_equal(guess_begin(gs, &g, now, &part), waits[i] * SECOND);
		now += waits[i] * SECOND;
		assert_int_not_equal(guess_begin(gs, &g, now - 1, &part), 0);
		assert_int_equal(guess_begin(gs, &g, now, &part), 0);
	}
	guess_right(gs, &g, part);	/* the row is over */
	for (int i = 0; i < 4; i++)
		assert_int_equal(guess_begin(gs, &g, now, &part), 0);
}

static void
right_ones_cost_nothing(void **state)
{
	struct guess g = { "ada", 1000, false };
	enum guess_part part;

	(void)state;
	for (int i = 0; i < 10000; i++) {
		assert_int_equal(guess_begin(gs, &g, i, &part), 0);
		if (i % 2 == 0)
			guess_right(gs, &g, part);
		else
			guess_undo(gs, &g, part);
	}
}

static void
a_source_is_slowed_over_all_accounts(void **state)
{
	struct guess g = { NULL, 1000, false };
	enum guess_part part;
	char name[16];
	size_t n = 0;

	(void)state;
	g.account = name;
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "user%d", i);
		n += guess_begin(gs, &g, 0, &part) == 0;
	}
	assert_in_range(n, 95, 100);	/* a few of the names may share a bucket */
	assert_in_range(guess_begin(gs, &g, 0, &part), 1, 2 * SECOND + 1);
	g.token = true;			/* but not who has a token of the account */
	assert_int_equal(guess_begin(gs, &g, 0, &part), 0);
	g = (struct guess){ name, 1001, false };	/* nor another source */
	assert_int_equal(guess_begin(gs, &g, 0, &part), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(no_day_sees_more_than_the_budget),
		TEST(who_has_been_here_before_is_not_locked_out),
		TEST(a_row_of_wrong_ones_waits_longer_and_longer),
		TEST(right_ones_cost_nothing),
		TEST(a_source_is_slowed_over_all_accounts),
	};

	return cmocka_run_group_tests_name("guess", tests, NULL, NULL);
}
