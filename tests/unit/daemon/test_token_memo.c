/*
 * test_token_memo.c - what is remembered of a token, and what it is not taken for.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "token_memo.h"

#define NOW 1800000000
#define TEXT "eyJhbGciOi.eyJpc3Mi.c2lnbmF0dXJl"

static const struct token good = { .username = "ann", .sid = "0123456789abcdef0123456789abcdef",
	.issued = NOW, .expires = NOW + 100 };

static void
the_same_text_says_the_same(void **state)
{
	struct token_memo m = { 0 };
	struct token t = { 0 };

	(void)state;
	assert_false(token_recall(&m, TEXT, strlen(TEXT), NOW, &t));
	token_remember(&m, TEXT, strlen(TEXT), &good);
	assert_true(token_recall(&m, TEXT, strlen(TEXT), NOW + 99, &t));
	assert_string_equal(t.username, "ann");
	assert_string_equal(t.sid, good.sid);
	assert_int_equal(t.expires, NOW + 100);
	token_memo_fini(&m);
	assert_false(token_recall(&m, TEXT, strlen(TEXT), NOW, &t));
}

static void
one_that_has_expired_is_not_recalled(void **state)
{
	struct token_memo m = { 0 };
	struct token t;

	(void)state;
	token_remember(&m, TEXT, strlen(TEXT), &good);
	assert_false(token_recall(&m, TEXT, strlen(TEXT), NOW + 100, &t));
	token_memo_fini(&m);
}

static void
any_other_byte_or_length_is_another_token(void **state)
{
	struct token_memo m = { 0 };
	char other[sizeof(TEXT) + 1] = TEXT;
	size_t n = strlen(TEXT);
	struct token t;

	(void)state;
	token_remember(&m, TEXT, n, &good);
	for (size_t i = 0; i < n; i++) {
		other[i] ^= 1;
		assert_false(token_recall(&m, other, n, NOW, &t));
		other[i] ^= 1;
	}
	assert_false(token_recall(&m, other, n - 1, NOW, &t));
	assert_false(token_recall(&m, other, n + 1, NOW, &t));
	assert_true(token_recall(&m, other, n, NOW, &t));
	token_memo_fini(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_text_says_the_same),
		cmocka_unit_test(one_that_has_expired_is_not_recalled),
		cmocka_unit_test(any_other_byte_or_length_is_another_token),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
