/*
 * openapi.c - a row of the table becomes an operation.
 *
 * The order of the rows, in which the examples work, is kept as x-order.
 */

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "metrics.h"
#include "openapi.h"
#include "wire.h"

static json_t *
reference(const char *kind, const char *name)
{
	char path[80];

	snprintf(path, sizeof(path), "#/components/%s/%s", kind, name);
	return json_pack("{s:s}", "$ref", path);
}

/* "get_vec_id" of GET /vec/{id} */
static json_t *
operation_id(const struct route *r)
{
	char id[80];
	size_t n = 0;

	for (const char *s = r->method; *s != '\0'; s++)
		id[n++] = (char)tolower((unsigned char)*s);
	for (const char *s = r->path; *s != '\0' && n < sizeof(id) - 1; s++)
		if (*s == '/' || *s == '.')
			id[n++] = '_';
		else if (*s != '{' && *s != '}')
			id[n++] = *s;
	id[n] = '\0';
	return json_string(id);
}

/* --- parameters and body --- */

static json_t *
parameter(const struct param *p, const char *given)
{
	bool in_path = (p->where & IN_PATH) != 0;
	bool must = in_path || (p->required && (p->where & IN_BODY) == 0);
	json_t *o = json_pack("{s:s, s:s, s:b, s:o}", "name", p->name, "in",
	    in_path ? "path" : "query", "required", must, "schema", openapi_param(p));
	json_t *example = openapi_example(p, given);

	if (p->help != NULL)
		json_object_set_new(o, "description", json_string(p->help));
	if (p->kind == PARAM_FIELDS)
		json_object_set_new(o, "explode", json_false());
	if (example != NULL)
		json_object_set_new(o, "example", example);
	return o;
}

static json_t *
parameters(const struct route *r)
{
	json_t *list = json_array();

	for (const struct param *p = r->params; p->name != NULL; p++)
		if ((p->where & (IN_PATH | IN_QUERY)) != 0)
			json_array_append_new(list, parameter(p, r->example.given));
	if ((r->flags & ROUTE_ONCE) != 0)
		json_array_append_new(list, reference("parameters", "IdempotencyKey"));
	json_array_append_new(list, reference("parameters", "RequestId"));
	return list;
}

static json_t *
body_schema(const struct route *r, bool *must)
{
	json_t *properties = json_object(), *required = json_array();
	json_t *schema = json_pack("{s:s, s:o}", "type", "object", "properties", properties);

	for (const struct param *p = r->params; p->name != NULL; p++) {
		if ((p->where & IN_BODY) == 0)
			continue;
		json_object_set_new(properties, p->name, openapi_param(p));
		if (p->required && p->where == IN_BODY)
			json_array_append_new(required, json_string(p->name));
	}
	*must = json_array_size(required) > 0;
	if (*must)
		json_object_set(schema, "required", required);
	if ((r->flags & ROUTE_EXTRA) == 0)
		json_object_set_new(schema, "additionalProperties", json_false());
	json_decref(required);
	return schema;
}

static json_t *
media(json_t *schema, const char *example)
{
	json_t *o = json_pack("{s:O}", "schema", schema);

	if (example != NULL)
		json_object_set_new(o, "example", json_loads(example, 0, NULL));
	return o;
}

static json_t *
request_body(const struct route *r)
{
	json_t *content = json_object();
	bool must;
	json_t *schema = body_schema(r, &must);

	if ((r->flags & ROUTE_JSON) != 0)
		json_object_set_new(content, "application/json", media(schema, r->example.body));
	if ((r->flags & ROUTE_FORM) != 0) {
		json_object_set_new(content, "application/x-www-form-urlencoded",
		    media(schema, r->example.body));
		json_object_set_new(content, "multipart/form-data", media(schema, r->example.body));
	}
	if ((r->flags & ROUTE_LINES) != 0)
		json_object_set_new(content, "application/x-ndjson",
		    json_pack("{s:{s:s, s:s}}", "schema", "type", "string", "description",
			"One item a line."));
	json_decref(schema);
	return json_pack("{s:b, s:o}", "required", must, "content", content);
}

/* --- answers --- */

static json_t *
reply(const struct route *r)
{
	json_t *content = json_object();
	json_t *example = r->example.reply != NULL ? json_loads(r->example.reply, 0, NULL) : NULL;
	json_t *schema =
	    example != NULL ? openapi_like(example) : json_pack("{s:s}", "type", "string");

	if (example != NULL) {
		json_object_set_new(content, "application/json",
		    json_pack("{s:O, s:O}", "schema", schema, "example", example));
	} else if (strcmp(r->path, "/openapi.json") == 0) {
		json_object_set_new(content, "application/json",
		    json_pack("{s:{s:s}}", "schema", "type", "object"));
	} else {
		json_object_set_new(content,
		    strcmp(r->path, "/docs") == 0 ? "text/html" : "text/plain",
		    json_pack("{s:O}", "schema", schema));
	}
	if (r->lines != NULL)
		json_object_set_new(content, "application/x-ndjson",
		    json_pack("{s:{s:s, s:s}}", "schema", "type", "string", "description",
			"One member a line."));
	json_decref(schema);
	json_decref(example);
	return json_pack("{s:s, s:o}", "description", "It is done.", "content", content);
}

static json_t *
responses(const struct route *r)
{
	json_t *o = json_object();
	char status[8];
	bool takes = r->params[0].name != NULL, body = (r->flags & ROUTE_BODY) != 0;
	const struct {
		const char *name;
		bool has;
	} errors[] = {
		{ "E400", true },
		{ "E401", (r->flags & ROUTE_OPEN) == 0 || strcmp(metrics_op(r), "login") == 0 },
		{ "E403", true },
		{ "E404", takes && (r->flags & ROUTE_OPEN) == 0 },
		{ "E409", (r->flags & ROUTE_ONCE) != 0 || r->status == 201 },
		{ "E413", body },
		{ "E415", body },
		{ "E422", true },
		{ "E429", body && r->op != NULL },
		{ "E500", true },
		{ "E503", r->op != NULL },
		{ "E507", (r->flags & ROUTE_SAFE) == 0 && r->op != NULL },
	};

	snprintf(status, sizeof(status), "%d", r->status);
	json_object_set_new(o, status, reply(r));
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].has)
			json_object_set_new(
			    o, errors[i].name + 1, reference("responses", errors[i].name));
	return o;
}

/* --- the whole --- */

static json_t *
operation(const struct route *r)
{
	char about[160];
	json_t *o;

	if (r->op != NULL)
		snprintf(about, sizeof(about), "The operation %s of coolvec-protocol(7).", r->op);
	else
		snprintf(about, sizeof(about), "%s.", r->summary);
	o = json_pack("{s:o, s:s, s:s, s:[s], s:I, s:o, s:o}", "operationId", operation_id(r),
	    "summary", r->summary, "description", about, "tags", r->tag, "x-order",
	    (json_int_t)(r - routes), "parameters", parameters(r), "responses", responses(r));
	if ((r->flags & ROUTE_BODY) != 0)
		json_object_set_new(o, "requestBody", request_body(r));
	if ((r->flags & ROUTE_OPEN) != 0)
		json_object_set_new(o, "security", json_array());
	return o;
}

static json_t *
paths(void)
{
	json_t *all = json_object(), *path;
	char method[8];

	for (const struct route *r = routes; r->method != NULL; r++) {
		if ((path = json_object_get(all, r->path)) == NULL) {
			path = json_object();
			json_object_set_new(all, r->path, path);
		}
		for (size_t i = 0; i <= strlen(r->method); i++)
			method[i] = (char)tolower((unsigned char)r->method[i]);
		json_object_set_new(path, method, operation(r));
	}
	return all;
}

static json_t *
info(void)
{
	static const char about[] =
	    "A vector database: texts and vectors go in, the nearest come out. Each path answers HEAD"
	    " where it answers GET, and OPTIONS. Errors are objects with detail (a sentence) and"
	    " error (a name, which is contract).";

	return json_pack("{s:s, s:s, s:s, s:{s:s}, s:{s:s, s:s}}", "title", "coolvec", "version",
	    COOLVEC_VERSION, "description", about, "contact", "name", "coolvec", "license", "name",
	    "MIT", "identifier", "MIT");
}

static json_t *
tags(void)
{
	static const char *const all[][2] = {
		{ "accounts", "Users and their tokens." },
		{ "preferences", "What is meant when nothing is said." },
		{ "collections", "Spaces of one dimension and metric." },
		{ "vectors", "Items: a text, a vector, or both." },
		{ "search", "The nearest." },
		{ "service", "Health and numbers." },
	};
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		json_array_append_new(list, json_pack("{s:s, s:s}", "name", all[i][0], "description",
		    all[i][1]));
	return list;
}

json_t *
openapi_make(void)
{
	return json_pack("{s:s, s:o, s:[{s:s}], s:o, s:[{s:[]}], s:o, s:o}", "openapi", "3.1.0",
	    "info", info(), "servers", "url", "/", "tags", tags(), "security", "token", "paths",
	    paths(), "components", openapi_components());
}
