/*
 * test_filter_random.c - filters made at random, against an evaluator that shares nothing with them.
 *
 * A filter is written down and worked out at the same time, for each of a set of metas that are
 * values in C here.  Its text then goes through the parser and the database, and the two must agree.
 * Spoilt texts must be refused with a place, or run.
 */

#include <locale.h>

#include "fixture.h"

#include "buf.h"

#define NMETAS 48
#define NPATHS 5
#define ROUNDS 3000

enum type { MISSING, NIL, NO, YES, NUMBER, STRING, NTYPES };

struct value {
	enum type type;
	double number;
	const char *string;
};

static const char *const paths[NPATHS] = { "a", "b", "c.d", "c . `e`", "`odd name`" };
static const char *const strings[] = { "", "a", "A", "ab", "b", "a%b", "a_b", "\xc3\xa4", "1", "*", "[a]" };
static const double numbers[] = { -2, -0.5, 0, 0.1, 0.3, 1, 1.5, 2, 1e15, 1e300, 123456.789 };

#define NSTRINGS (sizeof(strings) / sizeof(strings[0]))
#define NNUMBERS (sizeof(numbers) / sizeof(numbers[0]))

static struct value metas[NMETAS][NPATHS];
static uint64_t seed = 88172645463325252u;

static size_t
pick(size_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (size_t)(seed >> 11) % n;
}

static struct value
any_value(void)
{
	struct value v = { .type = (enum type)pick(NTYPES) };

	v.string = strings[pick(NSTRINGS)];
	v.number = numbers[pick(NNUMBERS)];
	if (pick(4) == 0)
		v.number = (double)(pick(1000003)) / 1009 - 300;
	return v;
}

/* --- values as text ---------------------------------------------------------------------------- */

static void
put_value(struct buf *b, struct value v, char quote)
{
	static const char *const words[] = { "", "null", "false", "true" };

	if (v.type < NUMBER)
		buf_puts(b, words[v.type]);
	else if (v.type == NUMBER)
		buf_putf(b, "%.17g", v.number);
	else
		buf_putf(b, "%c%s%c", quote, v.string, quote);
}

static void
put_member(struct buf *b, const char *name, struct value v)
{
	if (v.type == MISSING)
		return;
	if (b->p[b->len - 1] != '{')
		buf_putc(b, ',');
	buf_putf(b, "\"%s\":", name);
	put_value(b, v, '"');
}

static void
put_metas(struct fixture *f)
{
	struct buf b = { 0 };

	begin(f);
	for (uint32_t i = 0; i < NMETAS; i++) {
		struct meta_item item;

		for (size_t j = 0; j < NPATHS; j++)
			metas[i][j] = any_value();
		buf_reset(&b);
		buf_putc(&b, '{');
		put_member(&b, "a", metas[i][0]);
		put_member(&b, "b", metas[i][1]);
		buf_puts(&b, b.len > 1 ? ",\"c\":{" : "\"c\":{");
		put_member(&b, "d", metas[i][2]);
		put_member(&b, "e", metas[i][3]);
		buf_putc(&b, '}');
		put_member(&b, "odd name", metas[i][4]);
		buf_putc(&b, '}');
		item = item_of(i, i, NULL, NULL, b.p);
		ok(f, meta_item_put(f->t, f->c, &item, &f->err));
	}
	commit(f);
	buf_fini(&b);
}

/* --- filters, written and worked out ----------------------------------------------------------- */

static bool
equal(struct value a, struct value b)
{
	if (a.type != b.type)
		return false;
	if (a.type == NUMBER)
		return a.number == b.number;
	return a.type != STRING || strcmp(a.string, b.string) == 0;
}

static bool
is_before(struct value a, struct value b)
{
	return a.type == NUMBER ? a.number < b.number : strcmp(a.string, b.string) < 0;
}

/* One byte at a time will do: `_` is only tried where there is ASCII. */
static bool
is_like(const char *s, const char *pattern)
{
	if (*pattern == '\0')
		return *s == '\0';
	if (*pattern == '%')
		return is_like(s, pattern + 1) || (*s != '\0' && is_like(s + 1, pattern));
	return *s != '\0' && (*pattern == '_' || *pattern == *s) && is_like(s + 1, pattern + 1);
}

static bool
compare(struct value v, const char *op, struct value with)
{
	if (strcmp(op, "=") == 0)
		return equal(v, with);
	if (strcmp(op, "!=") == 0)
		return v.type != MISSING && !equal(v, with);
	if (v.type != with.type || v.type < NUMBER)
		return false;
	if (op[0] == '<')
		return is_before(v, with) || (op[1] == '=' && equal(v, with));
	return is_before(with, v) || (op[1] == '=' && equal(v, with));
}

static struct value
any_literal(bool ordered)
{
	struct value v;

	do
		v = any_value();
	while (v.type == MISSING || (ordered && v.type < NUMBER));
	return v;
}

static void
make_compare(struct buf *b, size_t path, bool *truth)
{
	static const char *const ops[] = { "=", "!=", "<", "<=", ">", ">=" };
	const char *op = ops[pick(6)];
	struct value with = any_literal(op[0] == '<' || op[0] == '>');

	buf_putf(b, "%s%s", pick(2) != 0 ? " " : "", op);
	put_value(b, with, pick(2) != 0 ? '"' : '\'');
	for (size_t i = 0; i < NMETAS; i++)
		truth[i] = compare(metas[i][path], op, with);
}

static void
make_in(struct buf *b, size_t path, bool *truth)
{
	size_t n = 1 + pick(5);

	memset(truth, 0, NMETAS);
	buf_puts(b, pick(2) != 0 ? " in(" : " IN (");
	for (size_t k = 0; k < n; k++) {
		struct value with = any_literal(false);

		buf_puts(b, k > 0 ? ", " : "");
		put_value(b, with, '"');
		for (size_t i = 0; i < NMETAS; i++)
			truth[i] = truth[i] || equal(metas[i][path], with);
	}
	buf_putc(b, ')');
}

static void
make_like(struct buf *b, size_t path, bool *truth)
{
	static const char *const patterns[] = { "%", "a%", "%b", "%a%", "_", "a_b", "*", "[a]", "",
		"A", "%\xc3\xa4", "a__" };
	const char *pattern = patterns[pick(sizeof(patterns) / sizeof(patterns[0]))];

	buf_putf(b, " like \"%s\"", pattern);
	for (size_t i = 0; i < NMETAS; i++) {
		const struct value *v = &metas[i][path];

		/* a_umlaut is one character */
		truth[i] = v->type == STRING && (is_like(v->string, pattern) ||
		    (strcmp(pattern, "_") == 0 && strcmp(v->string, "\xc3\xa4") == 0));
	}
}

static void
make_leaf(struct buf *b, bool *truth)
{
	size_t path = pick(NPATHS), kind = pick(8);

	if (kind == 0) {
		buf_putf(b, "exists(%s)", paths[path]);
		for (size_t i = 0; i < NMETAS; i++)
			truth[i] = metas[i][path].type != MISSING;
		return;
	}
	buf_puts(b, paths[path]);
	if (kind == 1)
		for (size_t i = 0; i < NMETAS; i++)
			truth[i] = metas[i][path].type == YES;
	else if (kind == 2)
		make_like(b, path, truth);
	else if (kind == 3)
		make_in(b, path, truth);
	else
		make_compare(b, path, truth);
}

static void
make_filter(struct buf *b, int depth, bool *truth)
{
	size_t kind = depth > 0 ? pick(5) : 0;
	bool other[NMETAS];

	if (kind == 0) {
		make_leaf(b, truth);
	} else if (kind == 1) {
		buf_puts(b, "not (");
		make_filter(b, depth - 1, truth);
		buf_putc(b, ')');
		for (size_t i = 0; i < NMETAS; i++)
			truth[i] = !truth[i];
	} else if (kind == 2) {		/* a not binds more than an and */
		buf_puts(b, "not\t");
		make_leaf(b, truth);
		buf_puts(b, " and (");
		make_filter(b, depth - 1, other);
		buf_putc(b, ')');
		for (size_t i = 0; i < NMETAS; i++)
			truth[i] = !truth[i] && other[i];
	} else {
		buf_putc(b, '(');
		make_filter(b, depth - 1, truth);
		buf_puts(b, kind == 3 ? ") and (" : ")OR(");
		make_filter(b, depth - 1, other);
		buf_putc(b, ')');
		for (size_t i = 0; i < NMETAS; i++)
			truth[i] = kind == 3 ? truth[i] && other[i] : truth[i] || other[i];
	}
}

/* --- the tests --------------------------------------------------------------------------------- */

static int
note(void *arg, uint64_t id, uint32_t slot)
{
	bool *found = arg;

	(void)slot;
	found[id] = true;
	return 0;
}

static void
random_filters_agree_with_the_evaluator(void **state)
{
	struct fixture *f = *state;
	bool truth[NMETAS], found[NMETAS];
	size_t passes = 0;

	put_metas(f);
	for (int round = 0; round < ROUNDS; round++) {
		struct buf b = { 0 };
		struct filter *where;

		make_filter(&b, (int)pick(6), truth);
		if (filter_parse(b.p, b.len, &where, &f->err) != 0)
			fail_msg("%s: %s", b.p, f->err.text);
		memset(found, 0, sizeof(found));
		ok(f, meta_items_match(f->m, f->c, where, META_BY_ID, 0, note, found, &f->err));
		for (size_t i = 0; i < NMETAS; i++) {
			passes += truth[i];
			if (truth[i] != found[i])
				fail_msg("item %zu should %spass: %s", i, truth[i] ? "" : "not ", b.p);
		}
		filter_free(where);
		buf_fini(&b);
	}
	assert_in_range(passes, ROUNDS * NMETAS / 10, ROUNDS * NMETAS * 9 / 10);
}

static void
spoil(struct buf *b)
{
	static const char bytes[] = "()'\"`\\.,=<>!-eE0n \t\n\x01%_*[$?:;\xc3\xa4" "and";
	size_t n = 1 + pick(4);

	for (size_t i = 0; i < n && b->len > 0; i++) {
		size_t at = pick(b->len);

		switch (pick(3)) {
		case 0:
			b->p[at] = bytes[pick(sizeof(bytes) - 1)];
			break;
		case 1:
			memmove(b->p + at, b->p + at + 1, b->len - at);
			b->len--;
			break;
		default:
			b->len = at;
			b->p[at] = '\0';
		}
	}
}

/* What comes over the wire is; where it was cut here PostgreSQL would say so. */
static bool
is_utf8(const char *s)
{
	return setlocale(LC_CTYPE, "C.UTF-8") != NULL && mbstowcs(NULL, s, 0) != (size_t)-1;
}

static void
spoilt_filters_are_refused_with_a_place_or_run(void **state)
{
	struct fixture *f = *state;
	bool truth[NMETAS], found[NMETAS];
	size_t refused = 0, place;

	put_metas(f);
	for (int round = 0; round < ROUNDS; round++) {
		struct buf b = { 0 };
		struct filter *where;
		int rc;

		make_filter(&b, (int)pick(4), truth);
		spoil(&b);
		rc = filter_parse(b.p, b.len, &where, &f->err);
		if (rc == 0 && (test_uri() == NULL || is_utf8(b.p))) {
			ok(f, meta_items_match(f->m, f->c, where, META_BY_ID, 0, note, found, &f->err));
		} else if (rc != 0) {
			assert_int_equal(rc, FILTER_BAD);
			assert_int_equal(sscanf(f->err.text, "where: at character %zu: ", &place), 1);
			assert_in_range(place, 1, b.len + 1);
			refused++;
		}
		filter_free(where);
		buf_fini(&b);
	}
	assert_in_range(refused, ROUNDS / 4, ROUNDS - ROUNDS / 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(random_filters_agree_with_the_evaluator),
		TEST(spoilt_filters_are_refused_with_a_place_or_run),
	};

	return cmocka_run_group_tests_name("filter_random", tests, NULL, NULL);
}
