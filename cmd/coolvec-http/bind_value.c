/*
 * bind_value.c - kinds of parameters.
 *
 * Upper bounds on texts and batches are the daemon's to say, which answers too_large; all other
 * bounds are checked here, because /openapi.json promises them.
 */

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "bind_value.h"
#include "num.h"
#include "wire.h"

static json_t *
integer(const char *s)
{
	uint64_t u;

	return num_parse(s, 0, INT64_MAX, &u) ? json_integer((json_int_t)u) : NULL;
}

static json_t *
boolean(const char *s)
{
	if (strcmp(s, "true") == 0 || strcmp(s, "1") == 0)
		return json_true();
	return strcmp(s, "false") == 0 || strcmp(s, "0") == 0 ? json_false() : NULL;
}

/* Words with commas between them. */
static json_t *
list(const struct param *p, const char *s)
{
	json_t *array = json_array();
	char word[64];

	for (;;) {
		size_t n = strcspn(s, ",");
		json_t *v = NULL;

		if (n < sizeof(word)) {
			memcpy(word, s, n);
			word[n] = '\0';
			v = p->kind == PARAM_IDS ? integer(word) : json_string(word);
		}
		if (v == NULL || json_array_append_new(array, v) != 0) {
			json_decref(array);
			return NULL;
		}
		if (s[n] == '\0')
			return array;
		s += n + 1;
	}
}

json_t *
bind_text(const struct param *p, const char *s, size_t n)
{
	switch (p->kind) {
	case PARAM_ID:
	case PARAM_COUNT:
		return integer(s);
	case PARAM_BOOL:
		return boolean(s);
	case PARAM_IDS:
	case PARAM_FIELDS:
		return list(p, s);
	case PARAM_STRING:
	case PARAM_METRIC:
	case PARAM_CODES:
	case PARAM_NAME:
		return json_stringn(s, n);
	case PARAM_VECTOR:
	case PARAM_META:
	case PARAM_META_OR_NULL:
	case PARAM_KEYS:
	case PARAM_ITEMS:
		break;
	}
	return NULL;
}

static bool
one_of(const json_t *v, const char *const *words)
{
	for (; *words != NULL && json_is_string(v); words++)
		if (strcmp(json_string_value(v), *words) == 0)
			return true;
	return false;
}

static bool
is_name(const json_t *v)
{
	const char *s = json_string_value(v);
	size_t n = json_string_length(v);

	return s != NULL && n >= 1 && n <= 63 && s[0] != '_' && s[0] != '-' &&
	    strspn(s, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-") == n;
}

static bool
in_range(const json_t *v, json_int_t least, json_int_t most)
{
	return json_is_integer(v) && json_integer_value(v) >= least &&
	       json_integer_value(v) <= most;
}

static bool
is_array(const struct param *p, const json_t *v)
{
	static const char *const fields[] = { "text", "key", "meta", "vector", NULL };
	const json_t *member;
	size_t i;

	if (!json_is_array(v) || (json_int_t)json_array_size(v) < p->least)
		return false;
	json_array_foreach(v, i, member)
		if (!(p->kind == PARAM_IDS	    ? in_range(member, 0, INT64_MAX) :
			p->kind == PARAM_FIELDS	    ? one_of(member, fields) :
			p->kind == PARAM_KEYS	    ? json_is_string(member) :
						      json_is_object(member)))
			return false;
	return true;
}

static bool
is_good(const struct param *p, const json_t *v)
{
	static const char *const metrics[] = { "cosine", "l2", "ip", "l1", NULL };
	static const char *const codes[] = { "fast", "small", NULL };
	size_t n = json_string_length(v);

	switch (p->kind) {
	case PARAM_ID:
		return in_range(v, 0, INT64_MAX);
	case PARAM_COUNT:
		return in_range(v, p->least, p->most);
	case PARAM_BOOL:
		return json_is_boolean(v);
	case PARAM_STRING:
		return json_is_string(v) && n >= (size_t)p->least &&
		    (n <= (size_t)p->most || (size_t)p->most >= WIRE_TEXT_MAX);
	case PARAM_METRIC:
		return one_of(v, metrics);
	case PARAM_CODES:
		return one_of(v, codes);
	case PARAM_NAME:
		return is_name(v);
	case PARAM_VECTOR:
		return json_is_array(v) || json_is_string(v);
	case PARAM_META:
		return json_is_object(v);
	case PARAM_META_OR_NULL:
		return json_is_object(v) || json_is_null(v);
	case PARAM_IDS:
	case PARAM_KEYS:
	case PARAM_FIELDS:
	case PARAM_ITEMS:
		return is_array(p, v);
	}
	return false;
}

const char *
bind_what(const struct param *p, struct err *err)
{
	static const char *const what[] = {
		[PARAM_ID] = "an integer from 0",
		[PARAM_BOOL] = "true or false",
		[PARAM_METRIC] = "cosine, l2, ip or l1",
		[PARAM_CODES] = "fast or small",
		[PARAM_NAME] = "a name: 1 to 63 letters, digits, _ and -, a letter or digit first",
		[PARAM_VECTOR] = "an array of numbers or base64",
		[PARAM_META] = "an object",
		[PARAM_META_OR_NULL] = "an object or null",
		[PARAM_IDS] = "one or more integers from 0",
		[PARAM_KEYS] = "an array of one or more strings",
		[PARAM_FIELDS] = "some of text, key, meta and vector",
		[PARAM_ITEMS] = "an array of one or more objects",
	};

	if (p->kind == PARAM_COUNT)
		err_set(err, -1, "%s is not an integer from %" PRId64 " to %" PRId64, p->name,
		    p->least, p->most);
	else if (p->kind == PARAM_STRING)
		err_set(err, -1, "%s is not a string of %" PRId64 " to %" PRId64 " bytes", p->name,
		    p->least, p->most);
	else
		err_set(err, -1, "%s is not %s", p->name, what[p->kind]);
	return err->text;
}

int
bind_check(const struct param *p, const json_t *v, struct err *err)
{
	if (is_good(p, v))
		return 0;
	bind_what(p, err);
	return -1;
}
