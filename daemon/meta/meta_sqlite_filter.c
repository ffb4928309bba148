/*
 * meta_sqlite_filter.c - what a comparison is in SQLite, and the statement that looks at items.
 *
 * Every comparison asks for the type first: json_extract alone would make 1 of true and compare a
 * number with a string by their types' order.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter_sql.h"
#include "meta_sqlite.h"

/*
 * The path as $."author"."name".  Between the quotes SQLite compares with the key as it stands in
 * the JSON, where a backslash is two; the parser leaves nothing else that JSON escapes.
 */
static char *
path_text(const struct filter_node *n)
{
	struct buf b = { 0 };

	buf_putc(&b, '$');
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
	return buf_take(&b, NULL);
}

/*
 * A like pattern as one of GLOB, which tells A from a whatever the connection's settings.  A
 * backslash makes the next character stand for itself.
 */
static char *
glob_text(const char *pattern)
{
	struct buf b = { 0 };

	for (const char *s = pattern; *s != '\0'; s++) {
		bool plain = *s == '\\' && s[1] != '\0';

		if (plain)
			s++;
		if (!plain && (*s == '%' || *s == '_'))
			buf_putc(&b, *s == '%' ? '*' : '?');
		else if (*s == '*' || *s == '?' || *s == '[')
			buf_putf(&b, "[%c]", *s);
		else
			buf_putc(&b, *s);
	}
	if (b.p == NULL && !b.failed)
		return strdup("");
	if (b.failed)
		buf_fini(&b);
	return buf_take(&b, NULL);
}

/*
 * The value as an operand.  A real goes as the digits that the meta's own reals were written with,
 * so that SQLite makes the same number of both.
 */
static void
put_value(struct filter_sql *q, const struct filter_value *v)
{
	char *digits = NULL;

	if (v->type == FILTER_STRING) {
		buf_putf(&q->text, "?%zu", filter_sql_bind(q, param_text(v->string)));
	} else if (v->type == FILTER_INTEGER) {
		buf_putf(&q->text, "?%zu", filter_sql_bind(q, param_int(v->integer)));
	} else {
		if (asprintf(&digits, "%.17g", v->real) < 0)
			digits = NULL;
		buf_putf(&q->text, "CAST(?%zu AS REAL)", filter_sql_bind_string(q, digits));
	}
}

static const char *
type_test(enum filter_type type)
{
	switch (type) {
	case FILTER_NULL: return "= 'null'";
	case FILTER_FALSE: return "= 'false'";
	case FILTER_TRUE: return "= 'true'";
	case FILTER_STRING: return "= 'text'";
	default: return "IN ('integer', 'real')";
	}
}

static void
put_compare(struct filter_sql *q, const struct filter_value *v, const char *op, size_t path)
{
	buf_putf(&q->text, "json_type(meta, ?%zu) %s", path, type_test(v->type));
	if (v->type < FILTER_INTEGER)
		return;
	buf_putf(&q->text, " AND json_extract(meta, ?%zu) %s ", path, op);
	put_value(q, v);
}

/* The strings among the values, or the numbers, as one list. */
static void
put_list(struct filter_sql *q, const struct filter_node *n, bool strings, size_t path)
{
	bool first = true;

	for (size_t i = 0; i < n->nvalues; i++) {
		const struct filter_value *v = &n->values[i];

		if (v->type < FILTER_INTEGER || (v->type == FILTER_STRING) != strings)
			continue;
		if (first)
			buf_putf(&q->text, "(json_type(meta, ?%zu) %s AND json_extract(meta, ?%zu) IN (",
			    path, type_test(v->type), path);
		else
			buf_putc(&q->text, ',');
		put_value(q, v);
		first = false;
	}
	if (!first)
		buf_puts(&q->text, ")) OR ");
}

static void
put_in(struct filter_sql *q, const struct filter_node *n, size_t path)
{
	bool has[FILTER_STRING + 1] = { false };

	for (size_t i = 0; i < n->nvalues; i++)
		has[n->values[i].type] = true;
	put_list(q, n, true, path);
	put_list(q, n, false, path);
	for (int t = FILTER_NULL; t < FILTER_INTEGER; t++)
		if (has[t])
			buf_putf(&q->text, "json_type(meta, ?%zu) %s OR ", path,
			    type_test((enum filter_type)t));
	buf_puts(&q->text, "0");
}

static void
put_leaf(struct filter_sql *q, const struct filter_node *n)
{
	static const char *const ops[] = { "=", "=", "<", "<=", ">", ">=" };
	size_t path = filter_sql_bind_string(q, path_text(n));

	switch (n->kind) {
	case FILTER_EXISTS:
		buf_putf(&q->text, "json_type(meta, ?%zu) IS NOT NULL", path);
		break;
	case FILTER_IN:
		put_in(q, n, path);
		break;
	case FILTER_LIKE:
		buf_putf(&q->text, "json_type(meta, ?%zu) = 'text' AND json_extract(meta, ?%zu) GLOB ?%zu",
		    path, path, filter_sql_bind_string(q, glob_text(n->values[0].string)));
		break;
	default:
		if (n->op == FILTER_NE) {	/* there, and not equal */
			buf_putf(&q->text, "json_type(meta, ?%zu) IS NOT NULL AND (", path);
			put_compare(q, n->values, "=", path);
			buf_puts(&q->text, ") IS NOT TRUE");
		} else {
			put_compare(q, n->values, ops[n->op], path);
		}
	}
}

/* --- the statement ----------------------------------------------------------------------------- */

int
sqlite_match(void *db, const struct filter *f, enum meta_order order, uint64_t collection,
    uint64_t from, size_t limit, struct err *err)
{
	bool by_id = order == META_BY_ID;
	struct sqlite_db *d = db;
	struct filter_sql *q = &d->match;
	int rc;

	q->first = 1;
	filter_sql_bind(q, param_u64(collection));
	filter_sql_bind(q, param_u64(from));
	filter_sql_bind(q, param_int(limit > INT64_MAX ? INT64_MAX : (int64_t)limit));
	buf_puts(&q->text, "SELECT items.id, slots.slot, ");
	if ((rc = filter_sql(f, q, put_leaf, err)) != 0)
		return rc;
	buf_puts(&q->text, by_id ? " FROM items CROSS JOIN slots WHERE items.id >= ?2" :
	    " FROM slots CROSS JOIN items WHERE slots.slot >= ?2");
	buf_puts(&q->text, " AND items.collection = ?1 AND slots.collection = ?1 AND slots.generation ="
	    " (SELECT generation FROM collections WHERE number = ?1) AND slots.id = items.id ORDER BY ");
	buf_puts(&q->text, by_id ? "items.id LIMIT ?3" : "slots.slot LIMIT ?3");
	if (q->text.failed)
		return err_set(err, META_ENOMEM, "no memory for a filter");
	if ((rc = sqlite3_prepare_v3(d->db, q->text.p, -1, 0, &d->st[SQL_MATCH], NULL)) != SQLITE_OK)
		return sqlite_fail(d, rc, "use a filter", err);
	return sqlite_bind(d, SQL_MATCH, q->params, q->nparams, err);
}

void
sqlite_match_done(struct sqlite_db *d)
{
	sqlite3_finalize(d->st[SQL_MATCH]);
	d->st[SQL_MATCH] = NULL;
	filter_sql_fini(&d->match);
}
