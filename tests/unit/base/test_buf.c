/*
 * test_buf.c - bytes that grow, their bound, and the failure that stays.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "buf.h"
#include "num.h"

static void
puts_add_up_and_stay_terminated(void **state)
{
	struct buf b = { 0 };

	(void)state;
	assert_true(buf_put(&b, "ab\0c", 4));
	assert_true(buf_puts(&b, "de"));
	assert_true(buf_putc(&b, 'f'));
	assert_true(buf_putf(&b, "-%d-%s", 42, "x"));
	assert_int_equal(b.len, 12);
	assert_memory_equal(b.p, "ab\0cdef-42-x", 13);
	assert_true(buf_put(&b, NULL, 0));
	assert_int_equal(b.len, 12);
	buf_fini(&b);
	assert_null(b.p);
}

static void
bytes_survive_growth(void **state)
{
	struct buf b = { 0 };
	char long_one[3000];

	(void)state;
	for (size_t i = 0; i < 100000; i++)
		assert_true(buf_putc(&b, (char)('a' + i % 26)));
	for (size_t i = 0; i < 100000; i++)
		assert_int_equal(b.p[i], 'a' + i % 26);
	memset(long_one, 'x', sizeof(long_one) - 1);
	long_one[sizeof(long_one) - 1] = '\0';
	assert_true(buf_putf(&b, "%s", long_one));
	assert_int_equal(b.len, 100000 + sizeof(long_one) - 1);
	assert_string_equal(b.p + 100000, long_one);
	buf_fini(&b);
}

static void
bound_is_exact_and_failure_stays(void **state)
{
	struct buf b = { .max = 10 };

	(void)state;
	assert_true(buf_put(&b, "0123456789", 10));
	assert_false(buf_putc(&b, 'x'));
	assert_true(b.failed);
	assert_int_equal(b.len, 10);
	assert_string_equal(b.p, "0123456789");
	assert_false(buf_put(&b, "", 0));	/* failed is failed */
	assert_false(buf_putf(&b, "%s", ""));
	buf_reset(&b);
	assert_false(b.failed);
	assert_int_equal(b.len, 0);
	assert_false(buf_put(&b, "0123456789x", 11));
	assert_int_equal(b.len, 0);		/* all or nothing */
	buf_fini(&b);
	assert_int_equal(b.max, 10);
}

static void
size_that_cannot_be_fails(void **state)
{
	struct buf b = { 0 };

	(void)state;
	assert_true(buf_puts(&b, "x"));
	assert_null(buf_room(&b, SIZE_MAX));
	assert_true(b.failed);
	assert_string_equal(b.p, "x");
	buf_fini(&b);
	b = (struct buf){ 0 };
	assert_null(buf_room(&b, SIZE_MAX));
	assert_null(b.p);
	buf_fini(&b);
}

static void
room_is_used_as_far_as_said(void **state)
{
	struct buf b = { 0 };
	char *to = buf_room(&b, 1000);

	(void)state;
	assert_non_null(to);
	memset(to, 'y', 1000);
	buf_used(&b, 3);
	assert_int_equal(b.len, 3);
	assert_string_equal(b.p, "yyy");
	assert_ptr_equal(buf_room(&b, 1), b.p + 3);
	buf_fini(&b);
}

static void
drop_takes_from_the_front(void **state)
{
	struct buf b = { 0 };

	(void)state;
	buf_puts(&b, "hello world");
	buf_drop(&b, 0);
	assert_string_equal(b.p, "hello world");
	buf_drop(&b, 6);
	assert_string_equal(b.p, "world");
	assert_int_equal(b.len, 5);
	buf_drop(&b, 5);
	assert_int_equal(b.len, 0);
	assert_string_equal(b.p, "");
	buf_fini(&b);
	buf_drop(&b, 0);	/* of an empty one, nothing */
}

static void
take_gives_the_memory_away(void **state)
{
	struct buf b = { .max = 100 };
	size_t n;
	char *p;

	(void)state;
	buf_puts(&b, "mine");
	p = buf_take(&b, &n);
	assert_string_equal(p, "mine");
	assert_int_equal(n, 4);
	assert_null(b.p);
	assert_int_equal(b.len, 0);
	assert_int_equal(b.max, 100);
	assert_true(buf_puts(&b, "again"));
	assert_string_equal(p, "mine");
	free(p);
	free(buf_take(&b, NULL));
	assert_null(buf_take(&b, &n));
	assert_int_equal(n, 0);
	buf_fini(&b);
}

static void
number_is_read_whole_or_not_at_all(void **state)
{
	static const char *const bad[] = { "", " 1", "1 ", "+1", "-1", "0x1", "1.0", "1e3", "12a",
		"18446744073709551616", "18446744073709551620", "99999999999999999999999",
		"\xd9\xa1" };
	uint64_t x = 7;

	(void)state;
	assert_true(num_parse("0", 0, UINT64_MAX, &x));
	assert_int_equal(x, 0);
	assert_true(num_parse("007", 0, 10, &x));	/* decimal, not octal */
	assert_int_equal(x, 7);
	assert_true(num_parse("18446744073709551615", 0, UINT64_MAX, &x));
	assert_true(x == UINT64_MAX);
	x = 7;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (num_parse(bad[i], 0, UINT64_MAX, &x))
			fail_msg("\"%s\" was taken", bad[i]);
	assert_int_equal(x, 7);
}

static void
number_is_within_its_limits(void **state)
{
	uint64_t x = 7;

	(void)state;
	assert_true(num_parse("5", 5, 10, &x));
	assert_true(num_parse("10", 5, 10, &x));
	assert_int_equal(x, 10);
	assert_false(num_parse("4", 5, 10, &x));
	assert_false(num_parse("11", 5, 10, &x));
	assert_int_equal(x, 10);
}

static void
sums_and_products_notice_overflow(void **state)
{
	size_t x;
	void *p;

	(void)state;
	assert_true(num_add(SIZE_MAX - 1, 1, &x));
	assert_true(x == SIZE_MAX);
	assert_false(num_add(SIZE_MAX, 1, &x));
	assert_true(num_mul(SIZE_MAX / 2, 2, &x));
	assert_false(num_mul(SIZE_MAX / 2 + 1, 2, &x));
	assert_null(num_alloc(SIZE_MAX / 2, 3));
	p = num_alloc(0, 8);
	assert_non_null(p);
	free(p);
	p = num_alloc(3, 8);
	assert_non_null(p);
	free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(puts_add_up_and_stay_terminated),
		cmocka_unit_test(bytes_survive_growth),
		cmocka_unit_test(bound_is_exact_and_failure_stays),
		cmocka_unit_test(size_that_cannot_be_fails),
		cmocka_unit_test(room_is_used_as_far_as_said),
		cmocka_unit_test(drop_takes_from_the_front),
		cmocka_unit_test(take_gives_the_memory_away),
		cmocka_unit_test(number_is_read_whole_or_not_at_all),
		cmocka_unit_test(number_is_within_its_limits),
		cmocka_unit_test(sums_and_products_notice_overflow),
	};

	return cmocka_run_group_tests_name("buf and num", tests, NULL, NULL);
}
