/*
 * meta_pg_filter.c - what a comparison is in PostgreSQL, and the statement that looks at items.
 *
 * A member is found by a JSON path in strict mode, where an array is no object; what does not fit is
 * silently nothing.  The type is asked for first, and a CASE keeps what is of another type away from
 * the comparison.
 *
 * SQLite has integers of 64 bits and doubles, and compares the two exactly; PostgreSQL's JSON has
 * decimals alone.  So one without a fraction that fits 64 bits is compared as the decimal it is, with
 * all digits of the filter's number, and any other as a double with a double.
 *
 * The statement is used once, with its values known to the planner.  It is asked for in pages, so that
 * a transaction that walks a million items does not have them all in memory.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter_sql.h"
#include "meta_pg.h"

/* --- parameters; each is a text, and the SQL says of what ------------------------------------ */

/* The path as strict $."author"."name".  Names have no double quote and no control character. */
static size_t
bind_path(struct filter_sql *q, const struct filter_node *n)
{
	struct buf b = { 0 };

	buf_puts(&b, "strict $");
	for (size_t i = 0; i < n->npath; i++) {
		buf_puts(&b, ".\"");
		for (const char *s = n->path[i]; *s != '\0'; s++) {
			if (*s == '\\')
				buf_putc(&b, '\\');
			buf_putc(&b, *s);
		}
		buf_putc(&b, '"');
	}
	if (b.failed)
		buf_fini(&b);
	return filter_sql_bind_string(q, buf_take(&b, NULL));
}

/* All digits that the number has, not only those that tell it from its neighbours. */
static size_t
bind_exact(struct filter_sql *q, const struct filter_value *v)
{
	char *digits = NULL;

	if (v->type == FILTER_INTEGER ? asprintf(&digits, "%" PRId64, v->integer) < 0 :
	    asprintf(&digits, "%.1100g", v->real) < 0)
		digits = NULL;
	return filter_sql_bind_string(q, digits);
}

static size_t
bind_double(struct filter_sql *q, const struct filter_value *v)
{
	char *digits = NULL;

	if (asprintf(&digits, "%.17g", v->type == FILTER_INTEGER ? (double)v->integer : v->real) < 0)
		digits = NULL;
	return filter_sql_bind_string(q, digits);
}

/* The same pattern; but a backslash at its end stands for itself, and PostgreSQL would refuse it. */
static size_t
bind_like(struct filter_sql *q, const char *pattern)
{
	struct buf b = { 0 };

	for (const char *s = pattern; *s != '\0'; s++) {
		buf_putc(&b, *s);
		if (*s == '\\')
			buf_putc(&b, s[1] != '\0' ? *++s : '\\');
	}
	if (b.p == NULL && !b.failed)
		return filter_sql_bind(q, param_text(""));
	if (b.failed)
		buf_fini(&b);
	return filter_sql_bind_string(q, buf_take(&b, NULL));
}

/* --- comparisons ------------------------------------------------------------------------------- */

#define WHOLE_LEAST "-9223372036854775808"
#define WHOLE_MOST "9223372036854775807"

static void
put_member(struct filter_sql *q, size_t path)
{
	buf_putf(&q->text, "jsonb_path_query_first(facts, $%zu::text::jsonpath, '{}', true)", path);
}

static void
put_type_is(struct filter_sql *q, size_t path, const char *type)
{
	buf_puts(&q->text, "jsonb_typeof(");
	put_member(q, path);
	buf_putf(&q->text, ") = '%s'", type);
}

/* `WHEN a whole number THEN`, of 64 bits. */
static void
put_when_whole(struct filter_sql *q, size_t path)
{
	buf_puts(&q->text, "CASE WHEN scale((");
	put_member(q, path);
	buf_puts(&q->text, ")::numeric) = 0 AND (");
	put_member(q, path);
	buf_puts(&q->text, ")::numeric BETWEEN " WHOLE_LEAST " AND " WHOLE_MOST " THEN (");
	put_member(q, path);
	buf_puts(&q->text, ")::numeric ");
}

/* A string's or a number's comparison with the values that are numbers, or strings, by `op`. */
static void
put_operands(struct filter_sql *q, const struct filter_value *values, size_t n, const char *op,
    bool strings, size_t (*bind)(struct filter_sql *q, const struct filter_value *v),
    const char *type)
{
	bool first = true;

	buf_putf(&q->text, "%s (", op);
	for (size_t i = 0; i < n; i++) {
		if (values[i].type < FILTER_INTEGER || (values[i].type == FILTER_STRING) != strings)
			continue;
		buf_putf(&q->text, "%s$%zu::text%s", first ? "" : ",", strings ?
		    filter_sql_bind(q, param_text(values[i].string)) : bind(q, &values[i]), type);
		first = false;
	}
	buf_putc(&q->text, ')');
}

static void
put_strings(struct filter_sql *q, const struct filter_value *values, size_t n, const char *op,
    size_t path)
{
	buf_puts(&q->text, "CASE WHEN ");
	put_type_is(q, path, "string");
	buf_puts(&q->text, " THEN (");
	put_member(q, path);
	buf_puts(&q->text, " #>> '{}') COLLATE \"C\" ");
	put_operands(q, values, n, op, true, NULL, "");
	buf_puts(&q->text, " ELSE false END");
}

static void
put_numbers(struct filter_sql *q, const struct filter_value *values, size_t n, const char *op,
    size_t path)
{
	buf_puts(&q->text, "CASE WHEN ");
	put_type_is(q, path, "number");
	buf_puts(&q->text, " THEN ");
	put_when_whole(q, path);
	put_operands(q, values, n, op, false, bind_exact, "::numeric");
	buf_puts(&q->text, " ELSE (");
	put_member(q, path);
	buf_puts(&q->text, ")::float8 ");
	put_operands(q, values, n, op, false, bind_double, "::float8");
	buf_puts(&q->text, " END ELSE false END");
}

/* null, false and true are themselves. */
static void
put_word(struct filter_sql *q, enum filter_type type, size_t path)
{
	put_member(q, path);
	buf_putf(&q->text, " = '%s'::jsonb", type == FILTER_NULL ? "null" :
	    type == FILTER_TRUE ? "true" : "false");
}

static void
put_compare(struct filter_sql *q, const struct filter_value *v, const char *op, size_t path)
{
	if (v->type < FILTER_INTEGER)
		put_word(q, v->type, path);
	else if (v->type == FILTER_STRING)
		put_strings(q, v, 1, op, path);
	else
		put_numbers(q, v, 1, op, path);
}

static void
put_in(struct filter_sql *q, const struct filter_node *n, size_t path)
{
	bool has[FILTER_STRING + 1] = { false };

	for (size_t i = 0; i < n->nvalues; i++)
		has[n->values[i].type] = true;
	for (int t = FILTER_NULL; t < FILTER_INTEGER; t++)
		if (has[t]) {
			put_word(q, (enum filter_type)t, path);
			buf_puts(&q->text, " OR ");
		}
	if (has[FILTER_STRING]) {
		put_strings(q, n->values, n->nvalues, "IN", path);
		buf_puts(&q->text, " OR ");
	}
	if (has[FILTER_INTEGER] || has[FILTER_REAL]) {
		put_numbers(q, n->values, n->nvalues, "IN", path);
		buf_puts(&q->text, " OR ");
	}
	buf_puts(&q->text, "false");
}

static void
put_like(struct filter_sql *q, const char *pattern, size_t path)
{
	buf_puts(&q->text, "CASE WHEN ");
	put_type_is(q, path, "string");
	buf_puts(&q->text, " THEN (");
	put_member(q, path);
	buf_putf(&q->text, " #>> '{}') LIKE $%zu::text ELSE false END", bind_like(q, pattern));
}

static void
put_leaf(struct filter_sql *q, const struct filter_node *n)
{
	static const char *const ops[] = { "=", "=", "<", "<=", ">", ">=" };
	size_t path = bind_path(q, n);

	switch (n->kind) {
	case FILTER_EXISTS:
		put_member(q, path);
		buf_puts(&q->text, " IS NOT NULL");
		break;
	case FILTER_IN:
		put_in(q, n, path);
		break;
	case FILTER_LIKE:
		put_like(q, n->values[0].string, path);
		break;
	default:
		if (n->op == FILTER_NE) {	/* there, and not equal */
			put_member(q, path);
			buf_puts(&q->text, " IS NOT NULL AND (");
			put_compare(q, n->values, "=", path);
			buf_puts(&q->text, ") IS NOT TRUE");
		} else {
			put_compare(q, n->values, ops[n->op], path);
		}
	}
}

/* --- the statement ----------------------------------------------------------------------------- */

/* Ask for the next page and wait for its first row or its end. */
static int
ask(struct pg_db *d, int64_t from, struct err *err)
{
	struct pg_pages *g = &d->pages;
	struct filter_sql *q = &d->match;
	int rc;

	g->in_page = g->left < PG_MATCH_PAGE ? g->left : PG_MATCH_PAGE;
	q->params[1] = param_int(from);
	q->params[2] = param_int((int64_t)g->in_page);
	if ((rc = pg_settle(d, err)) != 0 ||
	    (rc = pg_send(d->conn, -1, q->text.p, q->params, q->nparams, false, err)) != 0 ||
	    (rc = pg_sync(d->conn, err)) != 0)
		return rc;
	return pg_next(d->conn, PG_SLOW_MS, err);
}

int
pg_db_match(void *db, const struct filter *f, enum meta_order order, uint64_t collection,
    uint64_t from, size_t limit, struct err *err)
{
	const char *by = order == META_BY_ID ? "items.id" : "slots.slot";
	struct pg_db *d = db;
	struct filter_sql *q = &d->match;
	int rc;

	d->from_cache = d->guarded = false;
	d->has_first = false;
	q->first = 1;
	filter_sql_bind(q, param_u64(collection));
	filter_sql_bind(q, param_u64(from));
	filter_sql_bind(q, param_int(0));
	buf_puts(&q->text, "SELECT items.id, slots.slot, CASE WHEN ");
	if ((rc = filter_sql(f, q, put_leaf, err)) != 0)
		return rc;
	buf_putf(&q->text, " THEN 1 ELSE 0 END FROM items JOIN slots ON"
	    " slots.collection = items.collection AND slots.id = items.id WHERE items.collection = $1 AND"
	    " slots.collection = $1 AND slots.generation = (SELECT generation FROM collections"
	    " WHERE number = $1) AND %s >= $2 ORDER BY %s LIMIT $3", by, by);
	if (q->text.failed)
		return err_set(err, META_ENOMEM, "no memory for a filter");
	d->pages = (struct pg_pages){ .left = limit, .by_slot = order == META_BY_SLOT };
	for (int tries = 0;; tries++) {
		if (!d->in_txn && (rc = pg_link_use(d, err)) != 0)
			return rc;
		rc = ask(d, (int64_t)from, err);
		if (rc >= 0 || d->in_txn || !pg_conn_broken(d->conn) || tries > 0)
			break;
	}
	d->first = rc;
	d->has_first = true;
	return rc < 0 ? pg_note(d, rc) : 0;
}

int
pg_match_next(struct pg_db *d, struct err *err)
{
	struct pg_pages *g = &d->pages;
	int rc;

	rc = d->has_first ? d->first : pg_next(d->conn, PG_SLOW_MS, err);
	d->has_first = false;
	if (rc == META_END && g->in_page == 0 && g->left > 0)	/* a full page: there may be more */
		rc = ask(d, g->last + 1, err);
	if (rc == 0) {
		g->last = pg_int(d->conn, g->by_slot ? 1 : 0);
		g->in_page--;
		g->left--;
	}
	return rc;
}

void
pg_match_done(struct pg_db *d)
{
	if (d->conn != NULL)
		(void)pg_drain(d->conn, PG_SLOW_MS, NULL);
	filter_sql_fini(&d->match);
	(void)pg_note(d, -1);
}
