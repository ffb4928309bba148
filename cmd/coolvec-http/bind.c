/*
 * bind.c - which parameter a name means, and whether all that must come have come.
 *
 * The names on this side are HTTP's; bind_value.c knows what each kind of parameter can be.  What a
 * client gives and no parameter takes is refused by name: a misspelt option that is left aside
 * silently is worse than an error.
 */

#include <string.h>

#include "bind.h"
#include "bind_value.h"

unsigned
bind_form(const char *type, unsigned flags)
{
	if ((flags & ROUTE_JSON) != 0 && fields_type_is(type, "application/json"))
		return ROUTE_JSON;
	if ((flags & ROUTE_FORM) != 0 &&
	    (fields_type_is(type, "application/x-www-form-urlencoded") ||
		fields_type_is(type, "multipart/form-data")))
		return ROUTE_FORM;
	if ((flags & ROUTE_LINES) != 0 && (fields_type_is(type, "application/x-ndjson") ||
	    fields_type_is(type, "application/jsonl")))
		return ROUTE_LINES;
	return 0;
}

static int
fail(struct exchange *x, const char *name, const char *what)
{
	exchange_fail(x, PROBLEM_PARAMETER, name, "%.64s %s", name, what);
	return -1;
}

static const struct param *
find_param(const struct route *r, const char *name, unsigned where)
{
	for (const struct param *p = r->params; p->name != NULL; p++)
		if ((p->where & where) != 0 && strcmp(p->name, name) == 0)
			return p;
	return NULL;
}

static const char *
arg_name(const struct param *p)
{
	return p->arg != NULL ? p->arg : p->name;
}

/* Takes `value`, which is NULL when it could not be read. */
static int
set_arg(struct exchange *x, const struct param *p, json_t *value)
{
	struct err err;

	if (json_object_get(x->args, arg_name(p)) != NULL) {
		json_decref(value);
		return fail(x, p->name, "is given twice");
	}
	if (value == NULL || bind_check(p, value, &err) != 0) {
		json_decref(value);
		exchange_fail(x, PROBLEM_PARAMETER, p->name, "%s",
		    value == NULL ? bind_what(p, &err) : err.text);
		return -1;
	}
	if (json_object_set_new(x->args, arg_name(p), value) != 0) {
		exchange_fail(x, WIRE_INTERNAL, NULL, "no memory for the request");
		return -1;
	}
	return 0;
}

/* --- fields --- */

static int
bind_fields(struct exchange *x, const struct fields *f, unsigned where)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct param *p = find_param(x->route, f->at[i].name, where);

		if (p == NULL && where == IN_BODY && (x->route->flags & ROUTE_EXTRA) != 0)
			continue;
		if (p == NULL)
			return fail(x, f->at[i].name, "is not a parameter here");
		if (set_arg(x, p, bind_text(p, f->at[i].value, f->at[i].n)) != 0)
			return -1;
	}
	return 0;
}

static int
bind_path(struct exchange *x)
{
	for (const struct param *p = x->route->params; p->name != NULL; p++) {
		const char *s;

		if ((p->where & IN_PATH) == 0)
			continue;
		s = x->target.segments[route_segment(x->route, p->name)];
		if (set_arg(x, p, bind_text(p, s, strlen(s))) != 0)
			return -1;
	}
	return 0;
}

/* --- bodies --- */

static int
bad_json(struct exchange *x, const char *why)
{
	exchange_fail(x, WIRE_BAD_JSON, NULL, "%s", why);
	return -1;
}

static int
bind_json(struct exchange *x)
{
	char why[160];
	json_t *object = wire_parse(x->body.p, x->body.len, why, sizeof(why));
	const char *name;
	json_t *value;
	int rc = 0;

	if (object == NULL)
		return bad_json(x, why);
	json_object_foreach(object, name, value) {
		const struct param *p = find_param(x->route, name, IN_BODY);

		rc = p == NULL ? fail(x, name, "is not a parameter here") :
		    set_arg(x, p, json_incref(value));
		if (rc != 0)
			break;
	}
	json_decref(object);
	return rc;
}

static int
bind_lines(struct exchange *x)
{
	const char *p = x->body.p, *end = p + x->body.len;
	json_t *items = json_array();
	size_t line = 0;
	char why[160], where[200];

	while (p < end) {
		const char *lf = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((lf != NULL ? lf : end) - p);
		json_t *item;

		line++;
		if (n > 0 && strspn(p, " \t\r") < n) {
			if ((item = wire_parse(p, n, why, sizeof(why))) == NULL) {
				json_decref(items);
				snprintf(where, sizeof(where), "line %zu: %s", line, why);
				return bad_json(x, where);
			}
			json_array_append_new(items, item);
		}
		p += n + 1;
	}
	return set_arg(x, find_param(x->route, "items", IN_BODY), items);
}

static int
bind_body(struct exchange *x)
{
	struct fields f = { .n = 0 };
	unsigned form = bind_form(x->head.content_type, x->route->flags);
	struct err err;
	int rc;

	if (x->body.len == 0)
		return 0;
	if (form == ROUTE_JSON)
		return bind_json(x);
	if (form == ROUTE_LINES)
		return bind_lines(x);
	if (fields_type_is(x->head.content_type, "multipart/form-data"))
		rc = fields_multipart(x->body.p, x->body.len, x->head.content_type, &f, &err);
	else
		rc = fields_urlencoded(x->body.p, x->body.len, &f, &err);
	if (rc != 0) {
		exchange_fail(x, WIRE_BAD_REQUEST, NULL, "%s", err.text);
		return -1;
	}
	return bind_fields(x, &f, IN_BODY);
}

/* --- what is left --- */

/* Idempotency-Key is the wire's request_id, where the operation knows one. */
static int
bind_once(struct exchange *x)
{
	const char *key = x->head.idempotency_key;
	size_t n = key != NULL ? strlen(key) : 0;

	if ((x->route->flags & ROUTE_ONCE) == 0)
		return 0;
	if (key != NULL) {
		if (json_object_get(x->args, "request_id") != NULL)
			return fail(x, "Idempotency-Key", "and request_id are both given");
		if (n == 0 || n > EXCHANGE_ID_MAX)
			return fail(x, "Idempotency-Key", "is not 1 to 128 bytes");
		if (json_object_set_new(x->args, "request_id", json_stringn(key, n)) != 0)
			return fail(x, "Idempotency-Key", "is not UTF-8");
	}
	x->once = json_object_get(x->args, "request_id") != NULL;
	return 0;
}

static int
bind_rest(struct exchange *x)
{
	for (const struct param *p = x->route->params; p->name != NULL; p++) {
		if (json_object_get(x->args, arg_name(p)) != NULL)
			continue;
		if (p->required)
			return fail(x, p->name, "is missing");
		if (p->fallback != NULL &&
		    set_arg(x, p, bind_text(p, p->fallback, strlen(p->fallback))) != 0)
			return -1;
	}
	return bind_once(x);
}

int
bind_args(struct exchange *x)
{
	if ((x->args = json_object()) == NULL) {
		exchange_fail(x, WIRE_INTERNAL, NULL, "no memory for the request");
		return -1;
	}
	if (bind_path(x) != 0 || bind_fields(x, &x->target.query, IN_QUERY) != 0 ||
	    bind_body(x) != 0)
		return -1;
	return bind_rest(x);
}
