/*
 * openapi_schema.c - JSON schemas of what comes in, what goes out, and what goes wrong.
 */

#include <stdlib.h>
#include <string.h>

#include "bind_value.h"
#include "openapi.h"
#include "problem.h"

static json_t *
array_of(json_t *items, const struct param *p)
{
	json_t *schema =
	    json_pack("{s:s, s:o, s:i}", "type", "array", "items", items, "minItems", 1);

	if (p->most > 0)
		json_object_set_new(schema, "maxItems", json_integer(p->most));
	return schema;
}

static json_t *
string_schema(const struct param *p)
{
	return json_pack("{s:s, s:I, s:I}", "type", "string", "minLength", (json_int_t)p->least,
	    "maxLength", (json_int_t)p->most);
}

static json_t *
kind_schema(const struct param *p)
{
	switch (p->kind) {
	case PARAM_ID:
		return json_pack("{s:s, s:i}", "type", "integer", "minimum", 0);
	case PARAM_COUNT:
		return json_pack("{s:s, s:I, s:I}", "type", "integer", "minimum",
		    (json_int_t)p->least, "maximum", (json_int_t)p->most);
	case PARAM_BOOL:
		return json_pack("{s:s}", "type", "boolean");
	case PARAM_STRING:
		return string_schema(p);
	case PARAM_METRIC:
		return json_pack(
		    "{s:s, s:[s,s,s,s]}", "type", "string", "enum", "cosine", "l2", "ip", "l1");
	case PARAM_CODES:
		return json_pack("{s:s, s:[s,s]}", "type", "string", "enum", "fast", "small");
	case PARAM_NAME:
		return json_pack("{s:s, s:s}", "type", "string", "pattern",
		    "^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$");
	case PARAM_VECTOR:
		return json_pack("{s:[{s:s, s:{s:s}}, {s:s}]}", "oneOf", "type", "array", "items",
		    "type", "number", "type", "string");
	case PARAM_META:
		return json_pack("{s:s}", "type", "object");
	case PARAM_META_OR_NULL:
		return json_pack("{s:[s,s]}", "type", "object", "null");
	case PARAM_IDS:
		if ((p->where & IN_PATH) != 0)
			return json_pack("{s:s, s:i}", "type", "integer", "minimum", 0);
		return array_of(json_pack("{s:s, s:i}", "type", "integer", "minimum", 0), p);
	case PARAM_KEYS:
		return array_of(json_pack("{s:s}", "type", "string"), p);
	case PARAM_FIELDS:
		return array_of(json_pack("{s:s, s:[s,s,s,s]}", "type", "string", "enum",
		    "text", "key", "meta", "vector"), p);
	case PARAM_ITEMS:
		return array_of(json_pack("{s:s}", "type", "object"), p);
	}
	return NULL;
}

json_t *
openapi_param(const struct param *p)
{
	json_t *schema = kind_schema(p);

	if (p->help != NULL)
		json_object_set_new(schema, "description", json_string(p->help));
	return schema;
}

json_t *
openapi_like(json_t *example)
{
	static const char *const types[] = { [JSON_OBJECT] = "object", [JSON_ARRAY] = "array",
		[JSON_STRING] = "string", [JSON_INTEGER] = "integer", [JSON_REAL] = "number",
		[JSON_TRUE] = "boolean", [JSON_FALSE] = "boolean" };
	json_t *schema = json_object(), *properties, *v;
	const char *name;

	if (json_is_null(example))
		return schema;		/* may be anything: what an item has not */
	json_object_set_new(schema, "type", json_string(types[json_typeof(example)]));
	if (json_is_array(example))
		json_object_set_new(schema, "items", json_array_size(example) > 0 ?
		    openapi_like(json_array_get(example, 0)) : json_object());
	if (!json_is_object(example))
		return schema;
	properties = json_object();
	json_object_set_new(schema, "properties", properties);
	json_object_foreach(example, name, v) {
		json_object_set_new(properties, name, openapi_like(v));
	}
	return schema;
}

json_t *
openapi_example(const struct param *p, const char *given)
{
	size_t n = strlen(p->name);
	char value[64];
	struct param one = *p;

	if (p->kind == PARAM_IDS)
		one.kind = PARAM_ID;
	while (given != NULL && *given != '\0') {
		size_t len = strcspn(given, "&");

		if (len > n && given[n] == '=' && strncmp(given, p->name, n) == 0 &&
		    len - n - 1 < sizeof(value)) {
			memcpy(value, given + n + 1, len - n - 1);
			value[len - n - 1] = '\0';
			return bind_text(&one, value, len - n - 1);
		}
		given += len + (given[len] == '&');
	}
	return NULL;
}

/* --- components --- */

static const struct {
	const char *status;
	const char *what;
} errors[] = {
	{ "400", "The request cannot be understood." },
	{ "401", "There is no valid token, or name and password do not match." },
	{ "403", "It is not allowed: the user, the Host, or the Origin." },
	{ "404", "There is no such path, vector or collection." },
	{ "409", "The name, or the Idempotency-Key, is taken." },
	{ "413", "The body, a text or a batch is too large." },
	{ "415", "The body is of a type that is not taken here." },
	{ "422", "A parameter is missing, unknown, or cannot be; or the vector does not fit the"
	    " collection." },
	{ "429", "Too many requests; later." },
	{ "500",
	    "It failed. unknown: it may have happened; repeat it with the same Idempotency-Key." },
	{ "503", "It cannot be done now; later." },
	{ "507", "The disk is full, or failed." },
};

static json_t *
error_schema(void)
{
	json_t *names = json_array();

	for (int code = WIRE_OK + 1; code < PROBLEM_END; code++)
		json_array_append_new(names, json_string(problem_name(code)));
	return json_pack(
	    "{s:s, s:[s,s], s:{s:{s:s, s:s}, s:{s:s, s:o}, s:{s:s, s:s}, s:{s:s, s:s, s:{s:s}}}}",
	    "type", "object", "required", "detail", "error", "properties", "detail", "type",
	    "string", "description", "A sentence for people.", "error", "type", "string", "enum",
	    names, "parameter", "type", "string", "description", "The parameter that is to blame.",
	    "items", "type", "array", "description",
	    "Of a batch: which items are bad, by their place.", "items", "type", "object");
}

static json_t *
error_response(const char *what)
{
	return json_pack("{s:s, s:{s:{s:{s:s}}}}", "description", what, "content",
	    "application/json", "schema", "$ref", "#/components/schemas/Error");
}

static json_t *
header_param(const char *name, const char *what)
{
	return json_pack("{s:s, s:s, s:s, s:{s:s, s:i, s:i}}", "name", name, "in", "header",
	    "description", what, "schema", "type", "string", "minLength", 1, "maxLength", 128);
}

json_t *
openapi_components(void)
{
	json_t *responses = json_object();
	char name[8];

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		name[0] = 'E';
		memcpy(name + 1, errors[i].status, 4);
		json_object_set_new(responses, name, error_response(errors[i].what));
	}
	return json_pack("{s:{s:o}, s:o, s:{s:o, s:o}, s:{s:{s:s, s:s, s:s}}}", "schemas", "Error",
	    error_schema(), "responses", responses, "parameters", "RequestId",
	    header_param("X-Request-Id", "Your name for the request; it comes back in the answer."),
	    "IdempotencyKey",
	    header_param("Idempotency-Key",
	    "Within a day a repetition with the same key is not done again, and gets the same"
	    " answer."),
	    "securitySchemes", "token", "type", "http", "scheme", "bearer", "description",
	    "The access_token of /auth/login.");
}
