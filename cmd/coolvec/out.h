/*
 * out.h - results on standard output, in one of three forms.
 *
 * On a terminal a table, in a pipe TSV without a header, with --json one object a line.  A command
 * gives the wire's objects and says which members are columns; what each form makes of them is
 * decided here.  Writing to a dead pipe ends the process by SIGPIPE; any other failure is kept and
 * told by out_end.
 */

#ifndef COOLVEC_OUT_H
#define COOLVEC_OUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

enum out_form { OUT_TABLE, OUT_TSV, OUT_JSON };

enum column_kind {
	COLUMN_NUMBER,	/* to the right */
	COLUMN_TEXT,	/* cut when the screen is too narrow */
};

struct column {
	const char *name;	/* the member, and the header */
	enum column_kind kind;
};

#define COLUMNS_MAX 8

struct table;

struct out {
	enum out_form form;
	struct table *table;	/* rows that wait for their widths; NULL: none */
	struct buf line;	/* the line that is put together */
	int failed;		/* errno of the first failed write; 0: none */
	bool expanded;		/* in a table each row is a record, a member a line */
	unsigned long long records;	/* that were printed so */
};

/* `json` asks for OUT_JSON; else the form depends on standard output. */
void out_init(struct out *o, bool json);

/* A row of these columns, the same ones at each call.  The object is only read. */
void out_item(struct out *o, const struct column *columns, size_t n, const json_t *object);

/* An object as `name value` lines (members of members as outer.inner), or as JSON. */
void out_record(struct out *o, json_t *object);

/* A vector's id alone on its line, or {"id":N}. */
void out_id(struct out *o, json_int_t id);

/* A count alone on its line, or {"name":N}. */
void out_count(struct out *o, const char *name, uint64_t n);

/* A value alone on its line, as a field. */
void out_value(struct out *o, const json_t *value);

/* A line that is printed as it is. */
void out_line(struct out *o, const char *s);

/* A JSON value on a line of its own, in every form. */
void out_json(struct out *o, const json_t *value);

/* Standard output could not be written, by errno; out_end tells it. */
void out_failed(struct out *o);

/* Print what waits and flush.  False when writing has failed. */
bool out_flush(struct out *o);

/* The same at the end; returns 0 or an errno. */
int out_end(struct out *o);

/* A value as one field: numbers, text escaped, structures as JSON, nothing for null. */
void out_field(struct buf *b, const json_t *value, enum out_form form);

#endif
