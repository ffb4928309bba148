/*
 * out.c - the three forms.
 */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "out.h"
#include "table.h"
#include "text.h"
#include "wire.h"

void
out_init(struct out *o, bool json)
{
	*o = (struct out){ .form = OUT_TSV };
	if (json)
		o->form = OUT_JSON;
	else if (isatty(STDOUT_FILENO))
		o->form = OUT_TABLE;
}

/*
 * A dead pipe ends the process as SIGPIPE would, also where the parent had SIGPIPE ignored.
 */
void
out_failed(struct out *o)
{
	if (o->failed != 0)
		return;
	o->failed = errno != 0 ? errno : EIO;
	if (o->failed == EPIPE) {
		signal(SIGPIPE, SIG_DFL);
		raise(SIGPIPE);
	}
}

/* Write the line and its LF. */
static void
put_line(struct out *o)
{
	errno = 0;
	if (!buf_putc(&o->line, '\n')) {
		errno = ENOMEM;
		out_failed(o);
	} else if (fwrite(o->line.p, 1, o->line.len, stdout) != o->line.len) {
		out_failed(o);
	}
	buf_reset(&o->line);
}

/* As the wire has it, but without raw control characters. */
static void
dump(struct buf *b, const json_t *value, bool (*put)(struct buf *, const json_t *))
{
	struct buf text = { 0 };

	if (put(&text, value))
		text_escape_json(b, text.p, text.len);
	else
		b->failed = true;
	buf_fini(&text);
}

void
out_field(struct buf *b, const json_t *value, enum out_form form)
{
	enum text_form text = form == OUT_TABLE ? TEXT_SCREEN : TEXT_FIELD;
	struct buf structure = { 0 };

	if (json_is_string(value)) {
		text_escape(b, json_string_value(value), json_string_length(value), text);
	} else if (json_is_real(value)) {
		buf_putf(b, form == OUT_TABLE ? "%.6f" : "%.9g", json_real_value(value));
	} else if (json_is_object(value) || json_is_array(value)) {
		dump(&structure, value, json_is_object(value) ? wire_put_meta : wire_put);
		if (structure.p != NULL)
			text_escape(b, structure.p, structure.len, text);
		buf_fini(&structure);
	} else if (value != NULL && !json_is_null(value)) {
		dump(b, value, wire_put);
	}
}

static void
put_row(struct out *o, const struct column *columns, size_t n, const json_t *object)
{
	if (o->table == NULL &&
	    (o->table = table_new(columns, n, table_screen_width(STDOUT_FILENO))) == NULL) {
		errno = ENOMEM;
		out_failed(o);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		buf_reset(&o->line);
		out_field(&o->line, json_object_get(object, columns[i].name), OUT_TABLE);
		table_put(o->table, o->line.p != NULL ? o->line.p : "", o->line.len);
	}
	buf_reset(&o->line);
	if (table_is_full(o->table))
		table_print(o->table, stdout);
}

/* Nothing is cut: that is what it is for. */
static void
put_expanded(struct out *o, const struct column *columns, size_t n, const json_t *object)
{
	size_t width = 0;

	for (size_t i = 0; i < n; i++)
		if (strlen(columns[i].name) > width)
			width = strlen(columns[i].name);
	buf_putf(&o->line, "-- record %llu", ++o->records);
	put_line(o);
	for (size_t i = 0; i < n; i++) {
		buf_putf(&o->line, "%-*s  ", (int)width, columns[i].name);
		out_field(&o->line, json_object_get(object, columns[i].name), OUT_TABLE);
		put_line(o);
	}
}

void
out_item(struct out *o, const struct column *columns, size_t n, const json_t *object)
{
	if (o->form == OUT_JSON) {
		out_json(o, object);
		return;
	}
	if (o->form == OUT_TABLE && o->expanded) {
		put_expanded(o, columns, n, object);
		return;
	}
	if (o->form == OUT_TABLE) {
		put_row(o, columns, n, object);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_putc(&o->line, '\t');
		out_field(&o->line, json_object_get(object, columns[i].name), OUT_TSV);
	}
	put_line(o);
}

/* --- records ---------------------------------------------------------------------------------- */

static size_t
longest_name(json_t *object, size_t prefix)
{
	size_t longest = 0, len;

	for (void *i = json_object_iter(object); i != NULL;
	    i = json_object_iter_next(object, i)) {
		json_t *value = json_object_iter_value(i);
		len = prefix + strlen(json_object_iter_key(i));
		if (json_is_object(value))
			len = longest_name(value, len + 1);
		if (len > longest)
			longest = len;
	}
	return longest;
}

static void
put_members(struct out *o, json_t *object, const char *prefix, size_t width)
{
	char name[96];

	for (void *i = json_object_iter(object); i != NULL;
	    i = json_object_iter_next(object, i)) {
		json_t *value = json_object_iter_value(i);
		snprintf(name, sizeof(name), "%s%s%s", prefix, *prefix != '\0' ? "." : "",
		    json_object_iter_key(i));
		if (json_is_object(value)) {
			put_members(o, value, name, width);
			continue;
		}
		if (o->form == OUT_TABLE)
			buf_putf(&o->line, "%-*s  ", (int)width, name);
		else
			buf_putf(&o->line, "%s\t", name);
		out_field(&o->line, value, o->form);
		put_line(o);
	}
}

void
out_record(struct out *o, json_t *object)
{
	if (o->form == OUT_JSON)
		out_json(o, object);
	else
		put_members(o, object, "", longest_name(object, 0));
}

/* --- lines ------------------------------------------------------------------------------------ */

void
out_id(struct out *o, json_int_t id)
{
	buf_putf(&o->line, o->form == OUT_JSON ? "{\"id\":%" JSON_INTEGER_FORMAT "}" :
	    "%" JSON_INTEGER_FORMAT, id);
	put_line(o);
}

void
out_count(struct out *o, const char *name, uint64_t n)
{
	if (o->form == OUT_JSON)
		buf_putf(&o->line, "{\"%s\":%llu}", name, (unsigned long long)n);
	else
		buf_putf(&o->line, "%llu", (unsigned long long)n);
	put_line(o);
}

void
out_value(struct out *o, const json_t *value)
{
	out_field(&o->line, value, o->form);
	put_line(o);
}

void
out_line(struct out *o, const char *s)
{
	buf_puts(&o->line, s);
	put_line(o);
}

void
out_json(struct out *o, const json_t *value)
{
	dump(&o->line, value, wire_put);
	put_line(o);
}

bool
out_flush(struct out *o)
{
	if (o->table != NULL)
		table_print(o->table, stdout);
	errno = 0;
	if ((fflush(stdout) != 0 || ferror(stdout)))
		out_failed(o);
	return o->failed == 0;
}

int
out_end(struct out *o)
{
	out_flush(o);
	table_free(o->table);
	o->table = NULL;
	buf_fini(&o->line);
	return o->failed;
}
