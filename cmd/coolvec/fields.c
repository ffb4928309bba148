/*
 * fields.c - reading the list.
 */

#include <string.h>

#include "fields.h"

void
fields_put(struct fields *f, const char *name, enum column_kind kind)
{
	f->columns[f->n++] = (struct column){ name, kind };
}

static const char *
known(const char *s, size_t n, bool vector)
{
	static const char *const names[] = { "text", "key", "meta", "vector" };

	for (size_t i = 0; i < (vector ? 4 : 3); i++)
		if (strlen(names[i]) == n && memcmp(names[i], s, n) == 0)
			return names[i];
	return NULL;
}

static bool
has(const struct fields *f, const char *name)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->columns[i].name, name) == 0)
			return true;
	return false;
}

int
fields_parse(const struct app *app, struct fields *f, bool vector)
{
	const char *list = app_given(app, OPT_FIELDS) ? app_value(app, OPT_FIELDS) : "text";
	const char *name;
	size_t n;

	if ((f->names = json_array()) == NULL)
		return app_no_memory();
	for (;;) {
		n = strcspn(list, ",");
		if ((name = known(list, n, vector)) == NULL)
			return app_usage(app, "--fields is a list of text,key,meta%s, not \"%s\"",
			    vector ? ",vector" : "", app_value(app, OPT_FIELDS));
		if (!has(f, name)) {
			fields_put(f, name, COLUMN_TEXT);
			if (json_array_append_new(f->names, json_string(name)) != 0)
				return app_no_memory();
		}
		if (list[n] == '\0')
			return 0;
		list += n + 1;
	}
}

void
fields_fini(struct fields *f)
{
	json_decref(f->names);
	f->names = NULL;
}
